/* A host for unit tests: it answers options from a table, and writes down what the plugin says, a line for each call:
 *
 *   publish web web-1=10.0.0.1:80 web-2=10.0.0.2:80
 *   withdraw web
 *   done 7 OK
 *
 * Include it in one file of a test. The rest of the contract is checked by `drcon plugin test`.
 */
#ifndef RECORDING_HOST_H
#define RECORDING_HOST_H

#include <drcon/plugin.h>

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* ---- options: what drcon_options is to the plugin ---- */

struct test_option {
  const char* pointer; /* "/path"; the last one of the table has NULL */
  const char* text;
  int64_t nanoseconds; /* when the text is a duration */
};

/* ---- the record: what drcon_instance is to the plugin ---- */

static char record_text[65536];
static pthread_mutex_t record_mutex = PTHREAD_MUTEX_INITIALIZER;

static void record(const char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  pthread_mutex_lock(&record_mutex);
  const size_t length = strlen(record_text);
  vsnprintf(record_text + length, sizeof record_text - length, format, arguments);
  pthread_mutex_unlock(&record_mutex);
  va_end(arguments);
}

static inline void forget_record(void) {
  pthread_mutex_lock(&record_mutex);
  record_text[0] = '\0';
  pthread_mutex_unlock(&record_mutex);
}

static inline int recorded(const char* text) {
  pthread_mutex_lock(&record_mutex);
  const int found = strstr(record_text, text) != NULL;
  pthread_mutex_unlock(&record_mutex);
  return found;
}

/* Waits up to ten seconds. */
static inline int will_be_recorded(const char* text) {
  const struct timespec moment = {0, 5 * 1000 * 1000};
  for (int i = 0; i < 2000 && !recorded(text); ++i) nanosleep(&moment, NULL);
  return recorded(text);
}

/* Ends the test when something does not hold, and prints what was recorded. */
#define CHECK(condition)                                                                                       \
  do {                                                                                                         \
    if (!(condition)) {                                                                                        \
      fprintf(stderr, "%s:%d: does not hold: %s\nrecorded:\n%s", __FILE__, __LINE__, #condition, record_text); \
      exit(1);                                                                                                 \
    }                                                                                                          \
  } while (0)

/* ---- the functions of the host ---- */

#define TEXT(string) (int)(string).size, (string).size > 0 ? (string).data : ""

static void host_option(const drcon_options* options, drcon_string pointer, drcon_value* out) {
  const uint32_t size = out->size;
  memset(out, 0, size);
  out->size = size;
  for (const struct test_option* each = (const struct test_option*)options; each->pointer; ++each) {
    if (strlen(each->pointer) != pointer.size || memcmp(each->pointer, pointer.data, pointer.size) != 0) continue;
    out->type = DRCON_VALUE_STRING;
    out->string.data = each->text;
    out->string.size = strlen(each->text);
    out->nanoseconds = each->nanoseconds;
    out->bytes = -1;
  }
}
static drcon_string host_option_key(const drcon_options* options, drcon_string pointer, size_t i) {
  const drcon_string none = {NULL, 0};
  (void)options, (void)pointer, (void)i;
  return none;
}
static drcon_string host_name(drcon_instance* instance) {
  const drcon_string name = {"test", 4};
  (void)instance;
  return name;
}
static int32_t host_log_enabled(drcon_instance* instance, int32_t level) {
  (void)instance, (void)level;
  return 1;
}
static void host_log(drcon_instance* instance, int32_t level, drcon_string text) {
  (void)instance;
  record("log %d %.*s\n", (int)level, TEXT(text));
}
static void host_status(drcon_instance* instance, int32_t state, drcon_string text) {
  (void)instance;
  record("status %s %.*s\n",
         state == DRCON_STATE_OK     ? "OK"
         : state == DRCON_STATE_AWAY ? "AWAY"
                                     : "DEGRADED",
         TEXT(text));
}
static void host_metric(drcon_instance* instance, const drcon_metric* metric) {
  (void)instance;
  record("metric %.*s %g\n", TEXT(metric->name), metric->value);
}
static void host_failed(drcon_instance* instance, drcon_string pointer, drcon_string why) {
  (void)instance;
  record("failed %.*s %.*s\n", TEXT(pointer), TEXT(why));
}
static void host_publish(drcon_instance* instance, const drcon_service* service) {
  char line[4096];
  size_t length = (size_t)snprintf(line, sizeof line, "%.*s", TEXT(service->name));
  (void)instance;
  for (size_t i = 0; i < service->endpoint_count && length < sizeof line; ++i) {
    const drcon_endpoint* each = (const drcon_endpoint*)((const char*)service->endpoints + i * service->endpoint_size);
    length += (size_t)snprintf(line + length, sizeof line - length, " %.*s=%.*s:%u", TEXT(each->id),
                               TEXT(each->address), (unsigned)each->port);
  }
  record("publish %s\n", line);
}
static void host_withdraw(drcon_instance* instance, drcon_string service) {
  (void)instance;
  record("withdraw %.*s\n", TEXT(service));
}
static void host_ready(drcon_instance* instance) {
  (void)instance;
  record("ready\n");
}
static void host_unknown(drcon_instance* instance, drcon_string service, drcon_string why) {
  (void)instance;
  record("unknown %.*s %.*s\n", TEXT(service), TEXT(why));
}
static void host_done(drcon_instance* instance, uint64_t ticket, drcon_result result, drcon_string why) {
  (void)instance;
  record("done %u %s %.*s\n", (unsigned)ticket,
         result == DRCON_OK         ? "OK"
         : result == DRCON_REJECTED ? "REJECTED"
                                    : "RETRY",
         TEXT(why));
}
static void host_rendered(drcon_instance* instance, drcon_string target, drcon_string wanted, drcon_string live) {
  (void)instance, (void)live;
  record("rendered %.*s\n%.*s\n", TEXT(target), TEXT(wanted));
}
static void host_refused(drcon_instance* instance, drcon_string service, drcon_string endpoint, drcon_string why) {
  (void)instance;
  record("refused %.*s %.*s: %.*s\n", TEXT(service), TEXT(endpoint), TEXT(why));
}
static const void* host_ability(drcon_instance* instance, const char* name) {
  (void)instance, (void)name;
  return NULL;
}

static const drcon_host recording_host = {.size = sizeof recording_host,
                                          .abi_minor = DRCON_ABI_MINOR,
                                          .version = "test",
                                          .option = host_option,
                                          .option_key = host_option_key,
                                          .name = host_name,
                                          .log_enabled = host_log_enabled,
                                          .log = host_log,
                                          .status = host_status,
                                          .metric = host_metric,
                                          .failed = host_failed,
                                          .publish = host_publish,
                                          .withdraw = host_withdraw,
                                          .ready = host_ready,
                                          .unknown = host_unknown,
                                          .done = host_done,
                                          .rendered = host_rendered,
                                          .refused = host_refused,
                                          .ability = host_ability};

/* ---- files ---- */

/* Replaces the file as a whole, as a writer should. */
static inline void write_file(const char* path, const char* text) {
  char beside[512];
  snprintf(beside, sizeof beside, "%s.new", path);
  FILE* out = fopen(beside, "w");
  if (!out || fputs(text, out) < 0 || fclose(out) != 0 || rename(beside, path) != 0) {
    perror(path);
    exit(1);
  }
}

static inline int file_is(const char* path, const char* text) {
  char found[4096] = "";
  FILE* in = fopen(path, "r");
  if (!in) return 0;
  found[fread(found, 1, sizeof found - 1, in)] = '\0';
  fclose(in);
  return strcmp(found, text) == 0;
}

#endif
