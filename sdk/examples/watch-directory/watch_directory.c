/* watch-directory: a source in plain C. Each file of a directory is a service, each of its lines an endpoint:
 *
 *   # /etc/services.d/web
 *   10.0.0.1 8080
 *   10.0.0.2 8080 3      (a weight; 1 when it is left out)
 *
 * The thread below waits for inotify(7) to report a change, and then reads all files again: what is
 * published is always the whole of a file, never what an event seemed to mean.
 */
#define _GNU_SOURCE
#include <drcon/plugin.h>

#include "service_file.h"

#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <unistd.h>

static const char schema[] =
    "{ \"type\": \"object\", \"additionalProperties\": false, \"required\": [\"directory\"],"
    "  \"properties\": {"
    "    \"directory\": { \"type\": \"string\", \"format\": \"path\","
    "      \"description\": \"Directory whose files are services. Names that begin with '.' or end with '~' are passed "
    "over, so that a file can be written beside and renamed into place.\" },"
    "    \"retry\": { \"type\": \"string\", \"format\": \"duration\", \"default\": \"1s\","
    "      \"description\": \"A duration: how often a directory that cannot be watched is tried again.\" } } }";

enum { looked_at_anyway = 30 * 1000 }; /* ms: some file systems report nothing to inotify */

/* Names of services that drcon knows from us. Of the thread. */
struct names {
  char** all;
  size_t count;
};

struct source {
  const drcon_host* host;
  drcon_instance* instance;
  char* directory;
  int64_t retry; /* ms */
  struct names published;
  int stop; /* an eventfd: readable when the thread must end */
  int started;
  pthread_t thread;
};

static drcon_string string(const char* text) {
  const drcon_string view = {text, strlen(text)};
  return view;
}

/* ---- names ---- */

static void names_free(struct names* of) {
  for (size_t i = 0; i < of->count; ++i) free(of->all[i]);
  free(of->all);
  memset(of, 0, sizeof *of);
}

static int names_add(struct names* to, const char* name) {
  char** larger = realloc(to->all, (to->count + 1) * sizeof *larger);
  if (!larger) return -1;
  to->all = larger;
  to->all[to->count] = strdup(name);
  return to->all[to->count] ? (++to->count, 0) : -1;
}

static int names_have(const struct names* in, const char* name) {
  for (size_t i = 0; i < in->count; ++i)
    if (strcmp(in->all[i], name) == 0) return 1;
  return 0;
}

/* ---- telling drcon ---- */

static void publish(const struct source* from, const char* name, const struct service_file* file) {
  drcon_endpoint* endpoints = calloc(file->count ? file->count : 1, sizeof *endpoints);
  if (!endpoints) {
    from->host->unknown(from->instance, string(name), string("out of memory"));
    return;
  }
  for (size_t i = 0; i < file->count; ++i) {
    const struct service_line* line = &file->lines[i];
    endpoints[i].size = sizeof endpoints[i];
    endpoints[i].port = line->port;
    endpoints[i].weight = line->weight;
    endpoints[i].health = DRCON_PASSING;
    endpoints[i].id = string(line->id);
    endpoints[i].address = string(line->address);
  }
  drcon_service service = {.size = sizeof service, .endpoint_size = sizeof *endpoints};
  service.name = string(name);
  service.endpoints = endpoints;
  service.endpoint_count = file->count;
  from->host->publish(from->instance, &service); /* copies all of it */
  free(endpoints);
}

/* A file that cannot be read or understood says nothing of its service, least of all that it is empty. */
static void tell_file(const struct source* from, const char* name) {
  char path[4096];
  char why[512];
  struct service_file file = {0};
  snprintf(path, sizeof path, "%s/%s", from->directory, name);
  if (service_file_read(path, &file, why, sizeof why) == 0) publish(from, name, &file);
  else from->host->unknown(from->instance, string(name), string(why));
  service_file_free(&file);
}

static int is_service(const struct dirent* entry) {
  const size_t length = strlen(entry->d_name);
  return entry->d_name[0] != '.' && entry->d_name[length - 1] != '~' &&
         (entry->d_type == DT_REG || entry->d_type == DT_LNK || entry->d_type == DT_UNKNOWN);
}

/* All files. What was there before and is not any more was removed by somebody: it is withdrawn. 0, or an errno. */
static int tell_all(struct source* from) {
  DIR* directory = opendir(from->directory);
  if (!directory) return errno;
  struct names now = {0};
  int fault = 0;
  for (;;) {
    errno = 0;
    const struct dirent* entry = readdir(directory);
    if (!entry) {
      fault = errno;
      break;
    }
    if (!is_service(entry)) continue;
    if (names_add(&now, entry->d_name) != 0) {
      fault = ENOMEM;
      break;
    }
    tell_file(from, entry->d_name);
  }
  closedir(directory);
  if (fault != 0) { /* what was not seen is not gone */
    for (size_t i = 0; i < now.count; ++i)
      if (!names_have(&from->published, now.all[i])) names_add(&from->published, now.all[i]);
    names_free(&now);
    return fault;
  }
  for (size_t i = 0; i < from->published.count; ++i)
    if (!names_have(&now, from->published.all[i])) from->host->withdraw(from->instance, string(from->published.all[i]));
  names_free(&from->published);
  from->published = now;
  from->host->ready(from->instance);
  from->host->status(from->instance, DRCON_STATE_OK, string(""));
  return 0;
}

static void tell_away(const struct source* from, const char* doing, int error) {
  char why[4300];
  snprintf(why, sizeof why, "cannot %s %s: %s", doing, from->directory, strerror(error));
  /* First: whoever learns that the state is unknown finds the reason there. */
  from->host->status(from->instance, DRCON_STATE_AWAY, string(why));
  from->host->unknown(from->instance, string(""), string(why));
}

/* ---- the thread ---- */

/* Waits until there are events at `events` (-1: none are expected), or for so long. 0 when the thread must end. */
static int wait_for(const struct source* from, int events, int64_t milliseconds) {
  struct pollfd all[] = {{.fd = from->stop, .events = POLLIN}, {.fd = events, .events = POLLIN}};
  poll(all, 2, (int)milliseconds);
  return (all[0].revents & POLLIN) == 0;
}

/* Takes what events there are; only that there were some counts. 0 when the directory itself went. */
static int drain(int events) {
  char buffer[16 * 1024] __attribute__((aligned(__alignof__(struct inotify_event))));
  ssize_t count = 0;
  while ((count = read(events, buffer, sizeof buffer)) > 0)
    for (const char* at = buffer; at < buffer + count;) {
      const struct inotify_event* event = (const struct inotify_event*)at;
      if (event->mask & (IN_DELETE_SELF | IN_MOVE_SELF | IN_IGNORED | IN_UNMOUNT)) return 0;
      at += sizeof *event + event->len;
    }
  return 1;
}

/* Watches the directory until it vanishes or the thread must end. */
static void watch(struct source* from) {
  const int events = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
  const uint32_t mask =
      IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR;
  if (events < 0 || inotify_add_watch(events, from->directory, mask) < 0) {
    tell_away(from, "watch", errno);
  } else { /* first the watch, then the look: nothing falls between the two */
    for (int there = 1; there;) {
      const int fault = tell_all(from);
      if (fault != 0) {
        tell_away(from, "read", fault);
        break;
      }
      if (!wait_for(from, events, looked_at_anyway)) break;
      there = drain(events);
    }
  }
  if (events >= 0) close(events);
}

static void* run(void* raw) {
  struct source* from = raw;
  do watch(from);
  while (wait_for(from, -1, from->retry));
  return NULL;
}

/* ---- what drcon calls ---- */

static void destroy(void* raw) {
  struct source* self = raw;
  names_free(&self->published);
  if (self->stop >= 0) close(self->stop);
  free(self->directory);
  free(self);
}

static drcon_value option(const drcon_host* host, const drcon_options* options, const char* pointer) {
  drcon_value value = {.size = sizeof value};
  host->option(options, string(pointer), &value);
  return value;
}

static drcon_result create(const drcon_host* host, drcon_instance* instance, const drcon_options* options, void** out) {
  const drcon_value directory = option(host, options, "/directory");
  struct source* self = calloc(1, sizeof *self);
  if (!self) return DRCON_CONFIG;
  self->host = host;
  self->instance = instance;
  self->stop = -1;
  self->retry = option(host, options, "/retry").nanoseconds / 1000000;
  self->directory = strndup(directory.string.data, directory.string.size); /* the option goes when we return */
  if (!self->directory || self->retry < 10) {
    host->failed(instance, string("/retry"), string("expected 10ms at least"));
    destroy(self);
    return DRCON_CONFIG;
  }
  *out = self;
  return DRCON_OK;
}

static drcon_result start(void* raw) {
  struct source* self = raw;
  if (self->stop < 0) self->stop = eventfd(0, EFD_CLOEXEC);
  if (self->stop < 0 || pthread_create(&self->thread, NULL, run, self) != 0) {
    self->host->failed(self->instance, string(""), string("cannot start a thread"));
    return DRCON_RETRY;
  }
  self->started = 1;
  return DRCON_OK;
}

static void stop(void* raw) {
  struct source* self = raw;
  if (!self->started) return;
  const uint64_t one = 1;
  if (write(self->stop, &one, sizeof one) == sizeof one) pthread_join(self->thread, NULL);
  self->started = 0;
}

static const drcon_source_type source = {
    .size = sizeof source, .options = schema, .create = create, .start = start, .stop = stop, .destroy = destroy};

const drcon_plugin drcon_plugin_entry = {.magic = DRCON_MAGIC,
                                         .size = sizeof drcon_plugin_entry,
                                         .abi_major = DRCON_ABI_MAJOR,
                                         .abi_minor = DRCON_ABI_MINOR,
                                         .name = "watch-directory",
                                         .version = "1.0.0",
                                         .summary = "Takes each file of a directory for a service.",
                                         .source = &source};
