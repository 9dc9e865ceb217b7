/* @NAME@: a source that reads endpoints from a file of lines "service id address port", again whenever it changes.
 *
 * It works as it is. To make it yours, change what read_file() and parse() do, and the options in `schema`. What each
 * call may do, and on which thread, is said in drcon/plugin.h.
 */
#define _POSIX_C_SOURCE 200809L
#include <drcon/plugin.h>

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* What a user may write under [source.NAME], as JSON Schema: drcon checks it, fills in defaults, reports faults with
 * their line and column, and makes the reference of it. So every option has a description. */
static const char schema[] =
    "{ \"type\": \"object\", \"additionalProperties\": false, \"required\": [\"path\"],"
    "  \"properties\": {"
    "    \"path\":     { \"type\": \"string\", \"format\": \"path\","
    "                    \"description\": \"File of lines 'service id address port'. Replace it by rename, so that "
    "nobody reads half of it.\" },"
    "    \"interval\": { \"type\": \"string\", \"format\": \"duration\", \"default\": \"1s\","
    "                    \"description\": \"How often to look at it.\" } } }";

enum { shortest_interval = 10 * 1000 * 1000, second = 1000 * 1000 * 1000 }; /* nanoseconds */

/* One line of the file. The words point into the file's text. */
struct line {
  char *service, *id, *address;
  uint32_t port;
};

struct file {
  char* text;
  struct line* lines; /* in order of service */
  size_t count;
};

/* One instance: what a user calls [source.NAME]. There may be many. */
struct source {
  const drcon_host* host;
  drcon_instance* instance;
  char* path;
  int64_t interval; /* nanoseconds */
  struct file published; /* what was published last; of the thread */

  pthread_t thread;
  int started;
  pthread_mutex_t mutex; /* guards stopping */
  pthread_cond_t wake;
  int stopping;
};

static drcon_string string(const char* text) {
  drcon_string view = {text, strlen(text)};
  return view;
}

/* ---- the file ---- */

static void file_free(struct file* file) {
  free(file->text);
  free(file->lines);
  memset(file, 0, sizeof *file);
}

/* The whole text, ending with NUL; or NULL, and why. */
static char* read_file(const char* path, char* why, size_t size) {
  FILE* in = fopen(path, "r");
  if (!in) {
    snprintf(why, size, "cannot read %s: %s", path, strerror(errno));
    return NULL;
  }
  char* text = NULL;
  size_t length = 0, room = 0;
  size_t more;
  do {
    if (length + 4096 + 1 > room) {
      room = 2 * room + 4096 + 1;
      char* larger = realloc(text, room);
      if (!larger) break;
      text = larger;
    }
    more = fread(text + length, 1, 4096, in);
    length += more;
  } while (more > 0);
  const int is_whole = feof(in) && !ferror(in);
  fclose(in);
  /* An empty file is what a writer leaves for a moment. A file that means "nothing" has a comment in it. */
  if (!is_whole) snprintf(why, size, "cannot read %s to its end", path);
  else if (length == 0) snprintf(why, size, "%s is empty", path);
  else if (memchr(text, '\0', length)) snprintf(why, size, "%s is not text", path);
  else {
    text[length] = '\0';
    return text;
  }
  free(text);
  return NULL;
}

/* One line into *to: 1, 0 when there is nothing on it, -1 when it makes no sense. Cuts the text into words. */
static int parse_line(char* text, struct line* to) {
  static const char space[] = " \t\r";
  char* rest = NULL;
  char* end = NULL;
  text[strcspn(text, "#")] = '\0';
  to->service = strtok_r(text, space, &rest);
  if (!to->service) return 0;
  to->id = strtok_r(NULL, space, &rest);
  to->address = strtok_r(NULL, space, &rest);
  const char* port = strtok_r(NULL, space, &rest);
  if (!port || strtok_r(NULL, space, &rest)) return -1;
  const unsigned long number = strtoul(port, &end, 10);
  if (*port < '0' || *port > '9' || *end != '\0' || number < 1 || number > 65535) return -1;
  to->port = (uint32_t)number;
  return 1;
}

static int by_service(const void* a, const void* b) {
  return strcmp(((const struct line*)a)->service, ((const struct line*)b)->service);
}

/* All or nothing: a file of which one line makes no sense publishes nothing at all. 0, or -1 and why. */
static int parse(const char* path, struct file* to, char* why, size_t size) {
  size_t lines = 1;
  for (const char* at = to->text; *at; ++at) lines += *at == '\n';
  to->lines = calloc(lines, sizeof *to->lines);
  if (!to->lines) {
    snprintf(why, size, "out of memory");
    return -1;
  }
  char* next = to->text;
  for (int number = 1; next; ++number) {
    char* text = next;
    next = strchr(text, '\n');
    if (next) *next++ = '\0';
    const int found = parse_line(text, &to->lines[to->count]);
    if (found < 0) {
      snprintf(why, size, "%s:%d: expected 'service id address port'", path, number);
      return -1;
    }
    to->count += (size_t)found;
  }
  qsort(to->lines, to->count, sizeof *to->lines, by_service);
  return 0;
}

/* ---- telling drcon ---- */

/* The end of the lines that name the same service as the first. */
static size_t end_of_service(const struct file* file, size_t first) {
  size_t end = first;
  while (end < file->count && strcmp(file->lines[end].service, file->lines[first].service) == 0) ++end;
  return end;
}

/* Always the complete service; one that is as before costs a comparison, and causes nothing. */
static void publish(const struct source* self, const struct line* lines, size_t count) {
  drcon_endpoint* endpoints = calloc(count, sizeof *endpoints);
  if (!endpoints) return; /* nothing is published; the last state stays in use, and the next look tries again */
  for (size_t i = 0; i < count; ++i) {
    endpoints[i].size = sizeof endpoints[i];
    endpoints[i].port = lines[i].port;
    endpoints[i].weight = 1;
    endpoints[i].health = DRCON_PASSING;
    endpoints[i].id = string(lines[i].id);
    endpoints[i].address = string(lines[i].address);
  }
  const drcon_service service = {.size = sizeof service,
                                 .endpoint_size = sizeof *endpoints,
                                 .name = string(lines[0].service),
                                 .endpoints = endpoints,
                                 .endpoint_count = count};
  self->host->publish(self->instance, &service);
  free(endpoints); /* drcon has copied what it keeps */
}

/* Withdraw only what is known to be gone: the file was read to its end and does not name it. */
static void withdraw_missing(const struct source* self, const struct file* before, const struct file* now) {
  for (size_t i = 0; i < before->count; i = end_of_service(before, i))
    if (!bsearch(&before->lines[i], now->lines, now->count, sizeof *now->lines, by_service))
      self->host->withdraw(self->instance, string(before->lines[i].service));
}

static void look(struct source* self) {
  char why[512];
  struct file now = {NULL, NULL, 0};
  now.text = read_file(self->path, why, sizeof why);
  if (!now.text || parse(self->path, &now, why, sizeof why) != 0) {
    /* No current data: report "unknown" and publish nothing. What was published last stays in use. Never publish an
     * empty service because of an error: that would empty somebody's load balancer. */
    self->host->unknown(self->instance, string(""), string(why));
    self->host->status(self->instance, DRCON_STATE_AWAY, string(why));
    file_free(&now);
    return;
  }
  for (size_t i = 0, end; i < now.count; i = end) {
    end = end_of_service(&now, i);
    publish(self, &now.lines[i], end - i);
  }
  withdraw_missing(self, &self->published, &now);
  /* Everything has been reported: from the first time on drcon lets sinks act on it. It also ends an "unknown". */
  self->host->ready(self->instance);
  self->host->status(self->instance, DRCON_STATE_OK, string(""));
  file_free(&self->published);
  self->published = now;
}

/* ---- the thread ---- */

/* Waits; 0 when it is time to stop. */
static int pause_until_next(struct source* self) {
  struct timespec until;
  clock_gettime(CLOCK_MONOTONIC, &until);
  until.tv_sec += (time_t)(self->interval / second);
  until.tv_nsec += (long)(self->interval % second);
  if (until.tv_nsec >= second) {
    until.tv_sec += 1;
    until.tv_nsec -= second;
  }
  pthread_mutex_lock(&self->mutex);
  while (!self->stopping && pthread_cond_timedwait(&self->wake, &self->mutex, &until) == 0) continue;
  const int go_on = !self->stopping;
  pthread_mutex_unlock(&self->mutex);
  return go_on;
}

static void* run(void* raw) {
  struct source* self = raw;
  do look(self);
  while (pause_until_next(self));
  return NULL;
}

/* ---- what drcon calls ---- */

static drcon_value option(const drcon_host* host, const drcon_options* options, const char* pointer) {
  drcon_value value = {.size = sizeof value};
  host->option(options, string(pointer), &value);
  return value;
}

static void destroy(void* raw) {
  struct source* self = raw;
  file_free(&self->published);
  pthread_cond_destroy(&self->wake);
  pthread_mutex_destroy(&self->mutex);
  free(self->path);
  free(self);
}

/* The options were checked against the schema; what no schema can say is judged here. No I/O, no thread: `drcon check`
 * makes instances too. */
static drcon_result create(const drcon_host* host, drcon_instance* instance, const drcon_options* options,
                           void** self_out) {
  const drcon_value path = option(host, options, "/path");
  const drcon_value interval = option(host, options, "/interval");
  if (interval.nanoseconds < shortest_interval) {
    host->failed(instance, string("/interval"), string("expected at least 10ms"));
    return DRCON_CONFIG;
  }
  struct source* self = calloc(1, sizeof *self);
  char* copy = self ? malloc(path.string.size + 1) : NULL; /* the option's string is gone after create */
  if (!copy) {
    free(self);
    host->failed(instance, string(""), string("out of memory"));
    return DRCON_CONFIG;
  }
  memcpy(copy, path.string.data, path.string.size);
  copy[path.string.size] = '\0';
  self->host = host;
  self->instance = instance;
  self->path = copy;
  self->interval = interval.nanoseconds;
  pthread_condattr_t steady;
  pthread_condattr_init(&steady);
  pthread_condattr_setclock(&steady, CLOCK_MONOTONIC);
  pthread_cond_init(&self->wake, &steady);
  pthread_condattr_destroy(&steady);
  pthread_mutex_init(&self->mutex, NULL);
  *self_out = self;
  return DRCON_OK;
}

static drcon_result start(void* raw) {
  struct source* self = raw;
  if (pthread_create(&self->thread, NULL, run, self) != 0) return DRCON_RETRY;
  self->started = 1;
  return DRCON_OK;
}

/* Also called when it was never started. After it nothing of this instance runs. */
static void stop(void* raw) {
  struct source* self = raw;
  if (!self->started) return;
  pthread_mutex_lock(&self->mutex);
  self->stopping = 1;
  pthread_cond_signal(&self->wake);
  pthread_mutex_unlock(&self->mutex);
  pthread_join(self->thread, NULL);
}

static const drcon_source_type source_type = {
    .size = sizeof source_type, .options = schema, .create = create, .start = start, .stop = stop, .destroy = destroy};

const drcon_plugin drcon_plugin_entry = {.magic = DRCON_MAGIC,
                                         .size = sizeof drcon_plugin_entry,
                                         .abi_major = DRCON_ABI_MAJOR,
                                         .abi_minor = DRCON_ABI_MINOR,
                                         .name = "@NAME@",
                                         .version = PLUGIN_VERSION,
                                         .summary = "Reads endpoints from a file of lines.",
                                         .source = &source_type};
