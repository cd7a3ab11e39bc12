/*
 * files.h - files that go with a job
 */
#ifndef ROOST_CLIENT_CLI_MEDIA_FILES_H
#define ROOST_CLIENT_CLI_MEDIA_FILES_H

#include "client/cli/cli.h"

/* What --media and --alt said, in their order; lent by the command line. */
struct media_files {
	const char *path[4], *alt[4]; /* alt NULL: none */
	size_t count;
};

/* Takes --media and --alt out of the arguments. False after saying what is wrong. */
bool media_take(struct media_files *f, int *argc, char **argv);

/* Sends the files, and appends what stands for each to a list of media. Exit code. */
int media_files_send(struct cli *c, const struct media_files *f, json_t *list);

/* Sends one file; *ret_handle is to be freed with roost_free(). Exit code. */
int cli_send_media(struct cli *c, const char *path, char **ret_handle);

#endif
