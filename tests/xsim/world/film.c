#include "tests/xsim/world/film.h"

#include <stdio.h>
#include <string.h>

#include "common/base/mem.h"
#include "tests/xsim/need.h"

static struct film *film_at(const struct films *f, uint32_t slot)
{
	return slab_at(&f->films, slot);
}

static uint64_t id_of(const void *ctx, uint32_t slot)
{
	return film_at(ctx, slot)->id;
}

void films_init(struct films *f, struct world *w, usec_t life, usec_t takes)
{
	*f = (struct films){.world = w, .life = life, .takes = takes};
	slab_init(&f->films, sizeof(struct film));
	map_init(&f->by_id, id_of, f);
}

void films_done(struct films *f)
{
	uint32_t at = 0;

	for (uint32_t slot; (slot = map_next(&f->by_id, &at)) != MAP_NONE;) {
		mem_free(film_at(f, slot)->prints);
		sha256_free(film_at(f, slot)->sha);
		mem_free(film_at(f, slot)->alt);
	}
	map_done(&f->by_id);
	slab_done(&f->films);
}

struct film *film_begin(struct films *f, uint32_t owner, const char *category, const char *type,
	int64_t size, usec_t wall)
{
	uint32_t slot = slab_take(&f->films);

	if (slot == SLAB_NONE)
		out_of_memory();
	struct film *m = film_at(f, slot);
	*m = (struct film){.id = world_next_id(f->world, wall),
		.owner = owner,
		.size = size,
		.forgotten_at = wall + f->life};
	(void)snprintf(m->category, sizeof(m->category), "%s", category);
	(void)snprintf(m->type, sizeof(m->type), "%s", type);
	m->prints = need(mem_array(FILM_SEGMENTS_MAX, sizeof(*m->prints)));
	m->sha = need(sha256_new());
	if (!map_put(&f->by_id, slot))
		out_of_memory();
	return m;
}

struct film *film_find(const struct films *f, uint64_t id, usec_t wall)
{
	uint32_t slot = map_find(&f->by_id, id);
	struct film *m = slot == MAP_NONE ? NULL : film_at(f, slot);

	return m && m->forgotten_at > wall ? m : NULL;
}

const char *film_segment(struct film *m, uint32_t index, struct str bytes)
{
	uint64_t print = text_hash(bytes.at, bytes.len);

	if (m->state != FILM_OPEN)
		return "The upload has been finalized.";
	if (!bytes.len)
		return "The segment has no bytes.";
	if (index < m->segments)
		return m->prints[index] == print
			       ? NULL
			       : "The segment was sent before, with other bytes.";
	if (index > m->segments || index >= FILM_SEGMENTS_MAX)
		return "Segments must be sent in order.";
	if ((int64_t)bytes.len > m->size - m->received)
		return "The segments have more bytes than total_bytes said.";
	m->prints[m->segments++] = print;
	m->received += (int64_t)bytes.len;
	sha256_put(m->sha, bytes);
	return NULL;
}

bool film_moves(const struct film *m)
{
	return !strstr(m->category, "_image");
}

const char *film_end(struct films *f, struct film *m, usec_t wall)
{
	if (m->state != FILM_OPEN)
		return NULL; /* a second time changes nothing */
	if (m->received != m->size)
		return "The segments have fewer bytes than total_bytes said.";
	sha256_end(m->sha, m->hash);
	sha256_free(m->sha);
	m->sha = NULL;
	m->state = FILM_PROCESSED;
	m->ended_at = wall;
	m->ready_at = wall + (film_moves(m) ? f->takes : 0);
	m->forgotten_at = wall + f->life;
	return NULL;
}

const char *film_processing(const struct film *m, usec_t wall, int *ret_percent)
{
	usec_t takes = m->ready_at - m->ended_at;

	*ret_percent = 100;
	if (m->state == FILM_OPEN || !film_moves(m))
		return NULL;
	if (wall >= m->ready_at)
		return m->fails ? "failed" : "succeeded";
	*ret_percent = (int)((wall - m->ended_at) * 100 / takes);
	return *ret_percent < 25 ? "pending" : "in_progress";
}

bool film_is_ready(const struct film *m, uint32_t user, bool in_message, usec_t wall)
{
	return m->owner == user && m->state == FILM_PROCESSED && wall >= m->ready_at &&
	       !m->fails && (strncmp(m->category, "dm_", 3) == 0) == in_message;
}
