/*
 * page.h - pages of docs/ that have a part made from a table
 *
 * The part stands between "<!-- made from TABLE ... -->" and "<!-- end -->".
 */
#ifndef ROOST_TESTS_PAGE_H
#define ROOST_TESTS_PAGE_H

#include "common/base/text.h"

/*
 * Fails the test unless the part of the page that is made from `table` is `made`. With
 * ROOST_UPDATE_DOCS=1 it writes the part instead.
 */
void page_has(const char *path, const char *table, struct str made);

#endif
