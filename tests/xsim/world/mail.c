#include "tests/xsim/world/mail.h"

#include <stdio.h>

#include "tests/xsim/need.h"

static uint64_t talk_key(const void *m, uint32_t slot)
{
	struct str id = str_of(mail_talk(m, slot)->id);

	return text_hash(id.at, id.len);
}

uint64_t mail_key(const void *m, uint32_t slot)
{
	return mail_message(m, slot)->id;
}

void mail_init(struct mail *m, struct world *w)
{
	*m = (struct mail){.world = w};
	slab_init(&m->talks, sizeof(struct talk));
	slab_init(&m->messages, sizeof(struct message));
	map_init(&m->talk_by_id, talk_key, m);
	map_init(&m->message_by_id, mail_key, m);
}

void mail_done(struct mail *m)
{
	for (uint32_t i = 0; i < m->talks.count; i++)
		series_done(&mail_talk(m, i)->messages);
	for (uint32_t i = 0; i < m->messages.count; i++)
		mem_free(mail_message(m, i)->text);
	map_done(&m->talk_by_id);
	map_done(&m->message_by_id);
	slab_done(&m->talks);
	slab_done(&m->messages);
}

struct talk *mail_talk(const struct mail *m, uint32_t slot)
{
	return slab_at(&m->talks, slot);
}

struct message *mail_message(const struct mail *m, uint32_t slot)
{
	return slab_at(&m->messages, slot);
}

uint32_t mail_find_talk(const struct mail *m, struct str id)
{
	uint32_t slot = map_find(&m->talk_by_id, text_hash(id.at, id.len));

	return slot != MAP_NONE && str_is(id, mail_talk(m, slot)->id) ? slot : NOBODY;
}

uint32_t mail_find_message(const struct mail *m, uint64_t id)
{
	return map_find(&m->message_by_id, id);
}

static uint32_t take(struct slab *s)
{
	uint32_t slot = slab_take(s);

	if (slot == SLAB_NONE)
		out_of_memory();
	return slot;
}

static void put(struct map *m, uint32_t slot)
{
	if (!map_put(m, slot))
		out_of_memory();
}

static uint32_t add_talk(
	struct mail *m, const char *id, const uint32_t *members, uint32_t count)
{
	uint32_t slot = take(&m->talks);
	struct talk *t = mail_talk(m, slot);

	ASSERT(count <= MEMBERS_MAX);
	*t = (struct talk){.member_count = count};
	snprintf(t->id, sizeof(t->id), "%s", id);
	for (uint32_t i = 0; i < count; i++)
		t->members[i] = members[i];
	put(&m->talk_by_id, slot);
	return slot;
}

uint32_t mail_pair(struct mail *m, uint32_t a, uint32_t b)
{
	uint64_t first = world_user(m->world, a)->id, second = world_user(m->world, b)->id;
	bool swap = first > second;
	uint32_t members[] = {swap ? b : a, swap ? a : b};
	char id[TALK_ID_LEN];

	snprintf(id, sizeof(id), "%llu-%llu", (unsigned long long)(swap ? second : first),
		(unsigned long long)(swap ? first : second));
	uint32_t slot = mail_find_talk(m, str_of(id));
	return slot != NOBODY ? slot : add_talk(m, id, members, COUNT_OF(members));
}

uint32_t mail_group(struct mail *m, const uint32_t *members, uint32_t count, usec_t wall)
{
	char id[TALK_ID_LEN];

	snprintf(id, sizeof(id), "%llu", (unsigned long long)world_next_id(m->world, wall));
	return add_talk(m, id, members, count);
}

/* Which member of a conversation a user is; member_count when none. */
static uint32_t member_number(const struct talk *t, uint32_t user)
{
	uint32_t i = 0;

	while (i < t->member_count && t->members[i] != user)
		i++;
	return i;
}

bool mail_is_member(const struct mail *m, uint32_t talk, uint32_t user)
{
	const struct talk *t = mail_talk(m, talk);

	return member_number(t, user) < t->member_count;
}

uint32_t mail_send(struct mail *m, uint32_t talk, uint32_t sender, struct str text, usec_t wall)
{
	struct talk *t = mail_talk(m, talk);
	uint32_t slot = take(&m->messages);

	*mail_message(m, slot) = (struct message){.id = world_next_id(m->world, wall),
		.talk = talk,
		.sender = sender,
		.text = need(mem_dup(text.at, text.len))};
	put(&m->message_by_id, slot);
	series_add(&t->messages, slot);
	for (uint32_t i = 0; i < t->member_count; i++)
		series_add(&world_user(m->world, t->members[i])->dms, slot);
	return slot;
}

bool mail_sees(const struct mail *m, uint32_t message, uint32_t user)
{
	const struct message *d = mail_message(m, message);
	const struct talk *t = mail_talk(m, d->talk);
	uint32_t member = member_number(t, user);

	return member < t->member_count && !(d->hidden >> member & 1);
}

void mail_hide(struct mail *m, uint32_t message, uint32_t user)
{
	struct message *d = mail_message(m, message);

	d->hidden |= (uint64_t)1 << member_number(mail_talk(m, d->talk), user);
}
