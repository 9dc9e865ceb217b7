/* @NAME@: a sink that keeps a file of lines "service id address port" as drcon has decided it, replaced as a whole.
 *
 * It works as it is. To make it yours, change what render_text() and replace() do, and the options in `schema`. What
 * each call may do, and on which thread, is said in drcon/plugin.h.
 */
#define _POSIX_C_SOURCE 200809L
#include <drcon/plugin.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* What a user may write under [sink.NAME], as JSON Schema: drcon checks it, fills in defaults, reports faults with
 * their line and column, and makes the reference of it. So every option has a description. */
static const char schema[] =
    "{ \"type\": \"object\", \"additionalProperties\": false, \"required\": [\"file\"],"
    "  \"properties\": {"
    "    \"file\": { \"type\": \"string\", \"format\": \"path\","
    "                \"description\": \"File to write, a line 'service id address port' for each endpoint.\" } } }";

/* One instance: what a user calls [sink.NAME]. There may be many. */
struct sink {
  const drcon_host* host;
  drcon_instance* instance;
  char* file;
};

static drcon_string string(const char* text) {
  drcon_string view = {text, strlen(text)};
  return view;
}

/* ---- text that grows ---- */

struct text {
  char* data;
  size_t size, room;
  int failed; /* out of memory */
};

static void append(struct text* to, const char* data, size_t size) {
  if (to->size + size > to->room) {
    const size_t room = 2 * to->room + size;
    char* larger = realloc(to->data, room);
    if (!larger) {
      to->failed = 1;
      return;
    }
    to->data = larger;
    to->room = room;
  }
  memcpy(to->data + to->size, data, size);
  to->size += size;
}

static void append_word(struct text* to, drcon_string word) {
  if (word.size > 0) append(to, word.data, word.size);
  append(to, " ", 1);
}

/* ---- what the file should be ---- */

static int is_word(drcon_string text) {
  for (size_t i = 0; i < text.size; ++i) {
    const unsigned char c = (unsigned char)text.data[i];
    if (c <= ' ' || c == '#' || c == 0x7F) return 0;
  }
  return text.size > 0;
}

/* Whoever may register a service chooses its names. They are data, and must not mean anything to your target: leave out
 * what would, say why, and go on with the others. */
static int fits(const struct sink* self, const drcon_service* service, const drcon_endpoint* endpoint) {
  if (is_word(service->name) && is_word(endpoint->id)) return 1;
  self->host->refused(self->instance, service->name, endpoint->id,
                      string("its name or id is not one word of the file's lines"));
  return 0;
}

static int takes_traffic(const drcon_endpoint* endpoint) {
  return endpoint->health <= DRCON_WARNING && endpoint->weight > 0;
}

/* Services and endpoints come in a fixed order: equal snapshots give equal bytes. */
static struct text render_text(const struct sink* self, const drcon_snapshot* wanted) {
  static const char head[] = "# service id address port\n";
  struct text text = {NULL, 0, 0, 0};
  append(&text, head, sizeof head - 1);
  for (size_t s = 0; s < wanted->service_count; ++s) {
    const drcon_service* service = wanted->services[s];
    for (size_t e = 0; e < service->endpoint_count; ++e) {
      /* By the stride: a newer drcon's endpoints may be longer than those of this header. */
      const drcon_endpoint* endpoint =
          (const drcon_endpoint*)((const char*)service->endpoints + e * service->endpoint_size);
      if (!takes_traffic(endpoint) || !fits(self, service, endpoint)) continue;
      char port[16];
      const int length = snprintf(port, sizeof port, "%u\n", (unsigned)endpoint->port);
      append_word(&text, service->name);
      append_word(&text, endpoint->id);
      append_word(&text, endpoint->address);
      append(&text, port, (size_t)length);
    }
  }
  return text;
}

/* ---- the file ---- */

/* What is there now. Its data is NULL when it cannot be read, such as when there is none yet. */
static struct text read_file(const char* path) {
  struct text text = {NULL, 0, 0, 0};
  char part[4096];
  ssize_t length = -1;
  const int file = open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) return text;
  while ((length = read(file, part, sizeof part)) > 0) append(&text, part, (size_t)length);
  close(file);
  if (length < 0 || text.failed) {
    free(text.data);
    text = (struct text){NULL, 0, 0, 0};
  }
  return text;
}

static int write_all(int file, const char* data, size_t size) {
  while (size > 0) {
    const ssize_t written = write(file, data, size);
    if (written < 0 && errno != EINTR) return -1;
    if (written < 0) continue;
    data += written;
    size -= (size_t)written;
  }
  return fsync(file);
}

/* All or nothing: a new file beside the old one takes its name once it is on the disk. 0, or -1 and errno. */
static int replace(const char* path, const struct text* text) {
  const size_t length = strlen(path);
  char* beside = malloc(length + sizeof ".XXXXXX");
  if (!beside) return -1;
  memcpy(beside, path, length);
  memcpy(beside + length, ".XXXXXX", sizeof ".XXXXXX");
  const int file = mkstemp(beside);
  int result = -1;
  int error = errno;
  if (file >= 0) {
    result = fchmod(file, 0644) == 0 && write_all(file, text->data, text->size) == 0 ? rename(beside, path) : -1;
    error = errno;
    close(file);
    if (result != 0) unlink(beside);
  }
  free(beside);
  errno = error;
  return result;
}

/* ---- what drcon calls ---- */

/* The options were checked against the schema; what no schema can say is judged here, with host->failed. No I/O, no
 * thread: `drcon check` makes instances too. */
static drcon_result create(const drcon_host* host, drcon_instance* instance, const drcon_options* options,
                           void** self_out) {
  drcon_value file = {.size = sizeof file};
  host->option(options, string("/file"), &file);
  struct sink* self = calloc(1, sizeof *self);
  char* copy = self ? malloc(file.string.size + 1) : NULL; /* the option's string is gone after create */
  if (!copy) {
    free(self);
    host->failed(instance, string(""), string("out of memory"));
    return DRCON_CONFIG;
  }
  memcpy(copy, file.string.data, file.string.size);
  copy[file.string.size] = '\0';
  self->host = host;
  self->instance = instance;
  self->file = copy;
  *self_out = self;
  return DRCON_OK;
}

static drcon_result start(void* raw) {
  (void)raw;
  return DRCON_OK;
}

static int is_equal(const struct text* a, const struct text* b) {
  return a->data && b->data && a->size == b->size && memcmp(a->data, b->data, a->size) == 0;
}

/* Makes the target match, and answers once. Short work may be done right here; what may take long, or wait for a peer,
 * belongs on a thread: this one is also the one that `stop` comes on. */
static void apply(void* raw, const drcon_update* update) {
  const struct sink* self = raw;
  char why[512] = "";
  struct text wanted = render_text(self, update->wanted);
  struct text live = read_file(self->file);
  /* RETRY: the target is away, drcon comes again with backoff. REJECTED would mean: this snapshot will never fit. */
  drcon_result result = DRCON_OK;
  if (wanted.failed) {
    result = DRCON_RETRY;
    snprintf(why, sizeof why, "out of memory");
  } else if (!is_equal(&wanted, &live) && replace(self->file, &wanted) != 0) {
    result = DRCON_RETRY;
    snprintf(why, sizeof why, "cannot write %s: %s", self->file, strerror(errno));
  }
  free(live.data);
  free(wanted.data);
  self->host->done(self->instance, update->ticket, result, string(why)); /* the update is drcon's again from here on */
}

/* For `drcon render`: what apply would write. Touches nothing. */
static drcon_result render(void* raw, const drcon_update* update) {
  const struct sink* self = raw;
  struct text wanted = render_text(self, update->wanted);
  struct text live = read_file(self->file);
  const drcon_string wanted_view = {wanted.data, wanted.size};
  const drcon_string live_view = {live.data, live.size};
  if (wanted.failed) self->host->failed(self->instance, string(""), string("out of memory"));
  else self->host->rendered(self->instance, string(self->file), wanted_view, live_view);
  free(live.data);
  free(wanted.data);
  return wanted.failed ? DRCON_RETRY : DRCON_OK;
}

static void stop(void* raw) { (void)raw; }

static void destroy(void* raw) {
  struct sink* self = raw;
  free(self->file);
  free(self);
}

static const drcon_sink_type sink_type = {.size = sizeof sink_type,
                                          .options = schema,
                                          .create = create,
                                          .start = start,
                                          .apply = apply,
                                          .stop = stop,
                                          .destroy = destroy,
                                          .render = render};

const drcon_plugin drcon_plugin_entry = {.magic = DRCON_MAGIC,
                                         .size = sizeof drcon_plugin_entry,
                                         .abi_major = DRCON_ABI_MAJOR,
                                         .abi_minor = DRCON_ABI_MINOR,
                                         .name = "@NAME@",
                                         .version = PLUGIN_VERSION,
                                         .summary = "Writes endpoints to a file of lines.",
                                         .sink = &sink_type};
