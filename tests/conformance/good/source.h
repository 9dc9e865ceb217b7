/* A good source in C: publishes one service from a thread of its own until it is stopped.
 *
 * good_source.c is this and no more; each file in faults/ breaks one promise of it. A fault defines the macro of what
 * it replaces (CREATE, START, RUN, STOP, DESTROY, SCHEMA, SUMMARY) and includes this file before its own function. */
#ifndef DRCON_GOOD_SOURCE_H
#define DRCON_GOOD_SOURCE_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <drcon/plugin.h>

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#ifndef SCHEMA
#define SCHEMA                                                                                                   \
  "{\"type\": \"object\", \"additionalProperties\": false, \"properties\": {"                                    \
  "\"name\": {\"type\": \"string\", \"minLength\": 1, \"default\": \"web\", \"description\": \"The service.\"}," \
  "\"port\": {\"type\": \"integer\", \"minimum\": 1, \"maximum\": 65535, \"default\": 80,"                       \
  " \"description\": \"Its port.\"}}}"
#endif

#ifndef SUMMARY
#define SUMMARY "Publishes one endpoint."
#endif

struct source {
  const drcon_host* host;
  drcon_instance* instance;
  char* name;
  drcon_string borrowed; /* for faults */
  uint32_t port;
  pthread_t thread;
  pthread_mutex_t mutex;
  pthread_cond_t wake;
  int started;
  int stopping;
};

/* What a fault replaces is named before it is used. */
#ifdef CREATE
static drcon_result CREATE(const drcon_host*, drcon_instance*, const drcon_options*, void**);
#else
#define CREATE good_create
#endif
#ifdef START
static drcon_result START(void*);
#else
#define START good_start
#endif
#ifdef RUN
static void RUN(struct source*);
#else
#define RUN good_run
#endif
#ifdef STOP
static void STOP(void*);
#else
#define STOP good_stop
#endif
#ifdef DESTROY
static void DESTROY(void*);
#else
#define DESTROY good_destroy
#endif

static inline drcon_string text(const char* from) {
  const drcon_string made = {from, strlen(from)};
  return made;
}

static inline drcon_value option(const drcon_host* host, const drcon_options* from, const char* pointer) {
  drcon_value value;
  memset(&value, 0, sizeof value);
  value.size = sizeof value;
  host->option(from, text(pointer), &value);
  return value;
}

static inline drcon_result good_create(const drcon_host* host, drcon_instance* instance, const drcon_options* options,
                                       void** self) {
  const drcon_value name = option(host, options, "/name");
  const drcon_value port = option(host, options, "/port");
  struct source* made = calloc(1, sizeof *made);
  if (made == NULL) return DRCON_CONFIG;
  made->host = host;
  made->instance = instance;
  made->name = strndup(name.string.data, name.string.size);
  made->port = (uint32_t)port.integer;
  pthread_mutex_init(&made->mutex, NULL);
  pthread_cond_init(&made->wake, NULL);
  *self = made;
  return DRCON_OK;
}

/* Waits; non-zero when it is time to stop. */
static inline int waits(struct source* self, long milliseconds) {
  struct timespec end;
  clock_gettime(CLOCK_REALTIME, &end);
  end.tv_sec += milliseconds / 1000;
  end.tv_nsec += milliseconds % 1000 * 1000000;
  if (end.tv_nsec >= 1000000000) {
    end.tv_sec += 1;
    end.tv_nsec -= 1000000000;
  }
  pthread_mutex_lock(&self->mutex);
  while (!self->stopping && pthread_cond_timedwait(&self->wake, &self->mutex, &end) != ETIMEDOUT) {
  }
  const int over = self->stopping;
  pthread_mutex_unlock(&self->mutex);
  return over;
}

static inline drcon_endpoint good_endpoint(const struct source* self) {
  drcon_endpoint made;
  memset(&made, 0, sizeof made);
  made.size = sizeof made;
  made.port = self->port;
  made.weight = 1;
  made.id = text("one");
  made.address = text("127.0.0.1");
  return made;
}

static inline drcon_service service_of(const struct source* self, const drcon_endpoint* endpoints, size_t count) {
  drcon_service made;
  memset(&made, 0, sizeof made);
  made.size = sizeof made;
  made.endpoint_size = sizeof(drcon_endpoint);
  made.name = text(self->name);
  made.endpoints = endpoints;
  made.endpoint_count = count;
  return made;
}

static inline void good_publish(const struct source* self) {
  const drcon_endpoint one = good_endpoint(self);
  const drcon_service all = service_of(self, &one, 1);
  self->host->publish(self->instance, &all);
}

static inline void good_run(struct source* self) {
  do {
    good_publish(self);
    self->host->ready(self->instance);
  } while (!waits(self, 20));
}

static inline void* thread_of(void* self) {
  RUN(self);
  return NULL;
}

static inline drcon_result good_start(void* raw) {
  struct source* self = raw;
  if (pthread_create(&self->thread, NULL, &thread_of, self) != 0) return DRCON_RETRY;
  self->started = 1;
  return DRCON_OK;
}

static inline void tell_to_stop(struct source* self) {
  pthread_mutex_lock(&self->mutex);
  self->stopping = 1;
  pthread_cond_signal(&self->wake);
  pthread_mutex_unlock(&self->mutex);
}

static inline void good_stop(void* raw) {
  struct source* self = raw;
  tell_to_stop(self);
  if (self->started) pthread_join(self->thread, NULL);
}

static inline void good_destroy(void* raw) {
  struct source* self = raw;
  pthread_cond_destroy(&self->wake);
  pthread_mutex_destroy(&self->mutex);
  free(self->name);
  free(self);
}

static const drcon_source_type source_type = {.size = sizeof source_type,
                                              .options = SCHEMA,
                                              .create = &CREATE,
                                              .start = &START,
                                              .stop = &STOP,
                                              .destroy = &DESTROY};

const drcon_plugin drcon_plugin_entry = {.magic = DRCON_MAGIC,
                                         .size = sizeof drcon_plugin_entry,
                                         .abi_major = DRCON_ABI_MAJOR,
                                         .abi_minor = DRCON_ABI_MINOR,
                                         .name = "good-source",
                                         .version = "1.0.0",
                                         .summary = SUMMARY,
                                         .source = &source_type};

#endif
