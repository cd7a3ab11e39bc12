/*
 * url.h - what X takes for URLs in a text
 *
 * With "http://" or "https://", or bare: then only the part of the domain in
 * Latin letters counts, and not after "@", "-", "_", "." or "/". Facts: the
 * extraction rules X publishes with twitter-text 3. The time it takes is
 * linear in the length of the text, whatever the text.
 */
#ifndef ROOST_COMMON_XAPI_TEXT_URL_H
#define ROOST_COMMON_XAPI_TEXT_URL_H

#include "common/base/base.h"

/* One name of a domain, as far as the search has looked at it. */
struct url_label {
	size_t end;        /* the dot after it; 0: nothing is known */
	size_t tail;       /* from where on it has no "_" */
	size_t domain_end; /* of the domain that ends after the dot; 0: none does */
};

/* Names with dots between them. */
struct url_chain {
	size_t from, to;   /* to == 0: nothing is known */
	size_t dot;        /* the last one that a top-level domain follows; 0: none */
	size_t domain_end; /* of that one */
};

/* A search. Fields are url.c's. */
struct urls {
	const uint32_t *at; /* lent */
	size_t count;
	size_t next; /* where to look for the next dot */
	size_t low;  /* what the last find used up */
	struct url_chain chain;
	struct url_label label;
	size_t bare_at, bare_end; /* what is left of a bare domain */
	size_t tail_end;          /* where its path ends; 0: it has none */
};

/* Begins a search in `count` code points, which must stay where they are. */
void urls_init(struct urls *u, const uint32_t *at, size_t count);

/* The next URL, as [*from, *to); false when there is none. */
bool urls_next(struct urls *u, size_t *from, size_t *to);

#endif
