#include "common/wire/messages.h"

#include <string.h>

#include "common/base/mem.h"
#include "common/json/json.h"
#include "common/wire/write.h"
#include "tests/lib/test.h"

/* Opens a message written as JSON, whose single quotes stand for double ones. */
static struct wire_message open_json(struct buf *b, const char *json)
{
	char *text = mem_dup(json, strlen(json));
	struct wire_message w = {0};
	json_t *j = NULL;

	for (char *c = text; *c; c++)
		if (*c == '\'')
			*c = '"';
	assert_int_equal(json_read(str_of(text), &j, NULL), ERR_OK);
	buf_init(b, 10000);
	json_to_wire(j, b);
	assert_int_equal(wire_open(&w, buf_view(b), NULL), ERR_OK);
	json_decref(j);
	mem_free(text);
	return w;
}

static void check_table(const struct field *fields, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		assert_non_null(fields[i].key);
		assert_non_null(fields[i].help);
		assert_true(fields[i].min <= fields[i].max);
		assert_int_equal(fields[i].type == FIELD_ENUM, fields[i].words != NULL);
		for (size_t j = 0; j < i; j++) {
			assert_string_not_equal(fields[i].key, fields[j].key);
			assert_true(fields[i].at != fields[j].at);
		}
	}
}

TEST(has_sound_tables)
{
	check_table(job_fields, job_field_count);
	check_table(assignment_fields, assignment_field_count);
	check_table(result_fields, result_field_count);
	for (int msg = 0; msg < MESSAGE_COUNT; msg++) {
		const struct message_info *info = message_info((enum message)msg);

		if (info->fields[0].key)
			check_table(info->fields, info->field_count);
		assert_non_null(info->help);
	}
}

TEST(finds_a_message_by_name_and_sender)
{
	enum message msg;

	for (int i = 0; i < MESSAGE_COUNT; i++) {
		const struct message_info *info = message_info((enum message)i);

		assert_true(message_find(info->side, str_of(info->name), &msg));
		assert_int_equal(msg, i);
	}
	assert_true(message_find(SIDE_ADMIN, str_of("enqueue"), &msg));
	assert_false(message_find(SIDE_AGENT, str_of("app_add"), &msg));
	assert_false(message_find(SIDE_AGENT, str_of("hello"), &msg));
	assert_false(message_find(SIDE_WORKER, str_of("enqueue"), &msg));
	assert_false(message_find(SIDE_AGENT, (struct str){0}, &msg));
}

TEST(reads_the_head_of_a_request)
{
	struct message_head head;
	struct buf b;
	struct wire_message w = open_json(&b, "{'op':'ping','seq':[1],'agent':'a.b'}");

	assert_int_equal(message_head(w.root, &head, NULL), ERR_OK);
	assert_true(str_is(head.op, "ping"));
	assert_true(str_is(head.agent, "a.b"));
	assert_int_equal(wire_count(head.seq), 1);
	wire_close(&w);
	buf_done(&b);
}

static void refuses_head(const char *json, enum err e, const char *words)
{
	struct message_head head;
	struct errmsg m;
	struct buf b;
	struct wire_message w = open_json(&b, json);

	assert_int_equal(message_head(w.root, &head, &m), e);
	if (!strstr(m.text, words))
		fail_msg("'%s' does not hold '%s'", m.text, words);
	wire_close(&w);
	buf_done(&b);
}

TEST(refuses_a_request_without_a_sound_head)
{
	refuses_head("[]", ERR_FORMAT, "one MessagePack map, not an array");
	refuses_head("{'seq':1}", ERR_FORMAT, "'op' must name the operation");
	refuses_head("{'op':7}", ERR_FORMAT, "'op' must name the operation");
	refuses_head("{'op':'ping','agent':''}", ERR_INVALID, "must be a name");
	refuses_head("{'op':'ping','agent':5}", ERR_INVALID, "must be a name");
}

TEST(reads_a_message_and_passes_over_its_head)
{
	struct msg_results results = {.max = 100, .ack = -1};
	struct buf b;
	struct wire_message w =
		open_json(&b, "{'op':'results','seq':1,'agent':'x','wait_ms':50}");

	assert_int_equal(message_read(w.root, MSG_RESULTS, &results, NULL), ERR_OK);
	assert_int_equal(results.max, 100);
	assert_int_equal(results.wait_ms, 50);
	assert_int_equal(results.ack, -1);
	wire_close(&w);
	buf_done(&b);
}

TEST(tells_agents_of_unknown_keys_and_workers_not)
{
	struct msg_credit credit = {0};
	struct msg_enqueue enqueue = {0};
	struct errmsg m;
	struct buf b;
	struct wire_message w = open_json(&b, "{'op':'x','jobs':[1],'slots':4,'new':1}");

	assert_int_equal(message_read(w.root, MSG_CREDIT, &credit, &m), ERR_OK);
	assert_int_equal(credit.slots, 4);
	assert_int_equal(message_read(w.root, MSG_ENQUEUE, &enqueue, &m), ERR_INVALID);
	assert_string_equal(m.text, "unknown key 'slots'; known keys are: jobs, atomic");
	assert_int_equal(message_read(w.root, MSG_PING, NULL, &m), ERR_INVALID);
	assert_string_equal(m.text, "unknown key 'jobs'; known keys are: none");
	assert_int_equal(message_read(w.root, MSG_BEAT, NULL, &m), ERR_OK);
	wire_close(&w);
	buf_done(&b);
}
