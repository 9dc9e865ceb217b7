/* A good sink in C: adds up what it is given, on a thread of its own, and answers.
 *
 * Each file in faults/ that is about updates breaks one promise of it, as those about a life do with source.h: it
 * defines APPLY, TAKE or RENDER and includes this file before its own function. */
#ifndef DRCON_GOOD_SINK_H
#define DRCON_GOOD_SINK_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <drcon/plugin.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct sink {
  const drcon_host* host;
  drcon_instance* instance;
  pthread_t thread;
  pthread_mutex_t mutex;
  pthread_cond_t wake;
  const drcon_update* next;
  uint64_t sum;
  uint64_t target; /* what is served: of the last update */
  int has_target;
  char* words; /* of the last service, for faults */
  int started;
  int stopping;
};

/* [the sink's thread] Makes the target match and answers. */
#ifdef TAKE
static void TAKE(struct sink*, const drcon_update*);
#else
#define TAKE good_take
#endif
#ifdef APPLY
static void APPLY(void*, const drcon_update*);
#else
#define APPLY good_apply
#endif
#ifdef RENDER
static drcon_result RENDER(void*, const drcon_update*);
#else
#define RENDER good_render
#endif

static inline drcon_string text(const char* from) {
  const drcon_string made = {from, strlen(from)};
  return made;
}

static inline void answer(const struct sink* self, uint64_t ticket) {
  self->host->done(self->instance, ticket, DRCON_OK, text(""));
}

static inline const drcon_endpoint* endpoint_at(const drcon_service* service, size_t i) {
  return (const drcon_endpoint*)((const char*)service->endpoints + i * service->endpoint_size);
}

static inline uint64_t sum_of_text(drcon_string from) {
  uint64_t sum = 0;
  for (size_t i = 0; i < from.size; ++i) sum = sum * 31 + (unsigned char)from.data[i];
  return sum;
}

static inline uint64_t sum_of_endpoint(const drcon_endpoint* from) {
  uint64_t sum = from->port + from->weight + from->priority + sum_of_text(from->id) + sum_of_text(from->node) +
                 sum_of_text(from->address);
  for (size_t i = 0; i < from->tag_count; ++i) sum += sum_of_text(from->tags[i]);
  for (size_t i = 0; i < from->meta_count; ++i)
    sum += sum_of_text(from->meta[i].key) + sum_of_text(from->meta[i].value);
  return from->health == DRCON_PASSING ? sum : 0;
}

static inline uint64_t sum_of(const drcon_snapshot* wanted) {
  uint64_t sum = 0;
  for (size_t i = 0; i < wanted->service_count; ++i) {
    const drcon_service* service = wanted->services[i];
    sum += sum_of_text(service->name);
    for (size_t k = 0; k < service->value_count; ++k) sum += sum_of_text(service->values[k].value);
    for (size_t k = 0; k < service->endpoint_count; ++k) sum += sum_of_endpoint(endpoint_at(service, k));
  }
  return sum;
}

static inline void good_take(struct sink* self, const drcon_update* update) {
  const uint64_t ticket = update->ticket;
  const char* at = (const char*)update->changes;
  for (size_t i = 0; i < update->change_count; ++i, at += update->change_size) {
    const drcon_change* change = (const drcon_change*)at;
    self->sum += sum_of_text((change->after ? change->after : change->before)->name);
  }
  self->target = sum_of(update->wanted);
  self->has_target = 1;
  self->sum += self->target;
  answer(self, ticket);
}

static inline void* thread_of(void* raw) {
  struct sink* self = raw;
  pthread_mutex_lock(&self->mutex);
  while (!self->stopping) {
    const drcon_update* update = self->next;
    if (update == NULL) {
      pthread_cond_wait(&self->wake, &self->mutex);
      continue;
    }
    self->next = NULL;
    pthread_mutex_unlock(&self->mutex);
    TAKE(self, update);
    pthread_mutex_lock(&self->mutex);
  }
  pthread_mutex_unlock(&self->mutex);
  return NULL;
}

static inline drcon_result good_create(const drcon_host* host, drcon_instance* instance, const drcon_options* options,
                                       void** self) {
  (void)options;
  struct sink* made = calloc(1, sizeof *made);
  if (made == NULL) return DRCON_CONFIG;
  made->host = host;
  made->instance = instance;
  pthread_mutex_init(&made->mutex, NULL);
  pthread_cond_init(&made->wake, NULL);
  *self = made;
  return DRCON_OK;
}

static inline drcon_result good_start(void* raw) {
  struct sink* self = raw;
  if (pthread_create(&self->thread, NULL, &thread_of, self) != 0) return DRCON_RETRY;
  self->started = 1;
  return DRCON_OK;
}

static inline void good_apply(void* raw, const drcon_update* update) {
  struct sink* self = raw;
  pthread_mutex_lock(&self->mutex);
  self->next = update;
  pthread_cond_signal(&self->wake);
  pthread_mutex_unlock(&self->mutex);
}

static inline drcon_result good_render(void* raw, const drcon_update* update) {
  const struct sink* self = raw;
  char line[64];
  char live[64];
  snprintf(line, sizeof line, "%llu\n", (unsigned long long)sum_of(update->wanted));
  snprintf(live, sizeof live, "%llu\n", (unsigned long long)self->target);
  const drcon_string unknown = {NULL, 0};
  self->host->rendered(self->instance, text("memory"), text(line), self->has_target ? text(live) : unknown);
  return DRCON_OK;
}

static inline void good_stop(void* raw) {
  struct sink* self = raw;
  pthread_mutex_lock(&self->mutex);
  self->stopping = 1;
  pthread_cond_signal(&self->wake);
  pthread_mutex_unlock(&self->mutex);
  if (self->started) pthread_join(self->thread, NULL);
}

static inline void good_destroy(void* raw) {
  struct sink* self = raw;
  pthread_cond_destroy(&self->wake);
  pthread_mutex_destroy(&self->mutex);
  free(self->words);
  free(self);
}

#ifdef PROBE
#include <drcon/probe.h>
static void PROBE(void*, const drcon_probe_call*);
static const void* ability_of_sink(const char* name) {
  static const drcon_probe probe = {.size = sizeof probe, .sink = &PROBE};
  return strcmp(name, DRCON_PROBE) == 0 ? &probe : NULL;
}
#endif

static const drcon_sink_type sink_type = {.size = sizeof sink_type,
                                          .options = "{\"type\": \"object\", \"additionalProperties\": false}",
                                          .create = &good_create,
                                          .start = &good_start,
                                          .apply = &APPLY,
                                          .stop = &good_stop,
                                          .destroy = &good_destroy,
                                          .render = &RENDER};

const drcon_plugin drcon_plugin_entry = {
    .magic = DRCON_MAGIC,
    .size = sizeof drcon_plugin_entry,
    .abi_major = DRCON_ABI_MAJOR,
    .abi_minor = DRCON_ABI_MINOR,
    .name = "good-sink",
    .version = "1.0.0",
    .summary = "Adds up what it is given.",
    .sink = &sink_type,
#ifdef PROBE
    .ability = &ability_of_sink,
#endif
};

#endif
