#include "worker/args.h"

#include "worker/tree.h"

bool args_have(const json_t *args, const char *name)
{
	const json_t *v = json_object_get(args, name);

	return v && !json_is_null(v);
}

bool args_name_user(const json_t *args, const struct arg *arg)
{
	return arg->type == ARG_USER && str_has_prefix(tree_text(args, arg->name), "@");
}
