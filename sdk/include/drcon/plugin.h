/* drcon/plugin.h: the binary contract between drcon and a plugin. ABI 1, frozen.
 *
 * Plain C11, the whole of the ABI; it reads the same in C++. The C++ layer beside it (drcon/source.hpp,
 * drcon/sink.hpp) is compiled into the plugin; nothing of C++ crosses this interface.
 *
 * RULES, stated once
 *  - A plugin is a shared library that exports one object, `drcon_plugin_entry`, and nothing else.
 *  - Whoever allocates, frees. What is passed by pointer is borrowed: it is valid until the call returns
 *    (for drcon_update: until the plugin has answered with host->done), and a receiver that keeps it copies it.
 *    What is returned belongs to whom it came from, for as long as the function's comment says.
 *  - Every struct begins with its size and only ever grows at its end (drcon_plugin begins with its magic). Arrays
 *    of growable structs carry a stride. Test a member newer than 1.0 with DRCON_HAS before use. `reserved` members
 *    are 0. drcon_string and drcon_pair never change.
 *  - No call may throw, longjmp or exit across this boundary.
 *  - Strings are pointer and length, UTF-8, without a promise of a final NUL. An empty one may have a NULL pointer.
 *    `const char*` ends with NUL and lives as long as what holds it.
 *
 * THREADS
 *  - [lane]  the host calls this on the instance's own thread. Calls to one instance never overlap, and no
 *            other instance waits for them. The host holds no lock.
 *  - [any]   may be called from any thread, concurrently, also from within a [lane] call, from `create` until `stop`
 *            has returned. A call that comes later is refused, counted and logged with the plugin's name; it does no
 *            harm. None of them waits for another plugin, for the engine, or for I/O.
 *
 * LIFE of an instance: create, start, (apply | render)*, stop, destroy. A start that does not answer DRCON_OK is tried
 * again; stop may come unstarted; after destroy nothing is called. Many instances of one plugin may live at a time.
 *
 * VERSIONS
 *  - Same major: compatible, whatever the minor of either side. A plugin that was built with 1.0 loads for as long as
 *    there is a drcon with ABI 1; one built with a newer minor loads too and finds a shorter drcon_host.
 *  - A minor step only appends: members at the end of a struct, numbers of an enumeration, names of an ability. What
 *    is here never changes its meaning, its thread or its owner; what must work otherwise gets a new name.
 *  - A number that is unknown to its receiver is read as the comment of its type says; numbers are never used again.
 *  - What only some plugins or hosts can do is an ability, asked for by name ("drcon.thing/1") and answered with a
 *    pointer to a struct of its own, or NULL.
 */
/* NOLINTBEGIN(modernize-*): C, whatever includes it. */
#ifndef DRCON_PLUGIN_H
#define DRCON_PLUGIN_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define DRCON_ABI_MAJOR 1u
#define DRCON_ABI_MINOR 0u

/** First eight bytes of the entry object: by them a drcon plugin differs from any other library. */
#define DRCON_MAGIC "DRCONPL"

/** True when the peer's struct *p is long enough to hold member m: it may still be NULL. */
#define DRCON_HAS(p, m) ((const char*)(&(p)->m + 1) <= (const char*)(p) + (p)->size)

#define DRCON_EXPORT __attribute__((visibility("default")))

/* ---- values ------------------------------------------------------------------------------------------- */

typedef struct drcon_string {
  const char* data;
  size_t size;
} drcon_string;

typedef struct drcon_pair {
  drcon_string key, value;
} drcon_pair;

/** How a call ended. An unknown number is read as DRCON_RETRY. */
typedef int32_t drcon_result;
#define DRCON_OK 0       /**< done; for apply: the target serves the desired snapshot */
#define DRCON_RETRY 1    /**< the other side is unreachable; the host retries with backoff and jitter */
#define DRCON_REJECTED 2 /**< this snapshot will never fit; the host waits for another */
#define DRCON_CONFIG 3   /**< the options are wrong; never retried, the user must change the config */

/** Health of an endpoint, best first. An unknown number is read as critical: it must not attract traffic. */
typedef uint32_t drcon_health;
#define DRCON_PASSING 0u
#define DRCON_WARNING 1u
#define DRCON_CRITICAL 2u
#define DRCON_MAINTENANCE 3u

/** One reachable instance of a service. */
typedef struct drcon_endpoint {
  uint32_t size;
  uint32_t port;     /**< 1..65535 */
  uint32_t weight;   /**< share of traffic among its priority; 0 means "no new traffic". Usually 1 */
  uint32_t priority; /**< 0 is tried first; higher numbers are backups (as in SRV, RFC 2782) */
  drcon_health health;
  uint32_t reserved;
  drcon_string id;      /**< unique within the service and stable over time */
  drcon_string node;    /**< machine it runs on, or empty */
  drcon_string address; /**< IPv4, IPv6 (no brackets) or host name */
  const drcon_string* tags;
  size_t tag_count;
  const drcon_pair* meta; /**< keys are unique; "datacenter" is, by convention, what a pipeline's filter means by it */
  size_t meta_count;
} drcon_endpoint;

/** The complete state of one service; never a difference. One that has values is no group of endpoints but a set of
 *  settings, such as keys of Consul's store: templates render them, load balancers ignore it. */
typedef struct drcon_service {
  uint32_t size;
  uint32_t endpoint_size; /**< stride of `endpoints`: sizeof(drcon_endpoint) of whoever made the array */
  uint64_t revision;      /**< the source's own (for Consul: the index); 0 when it has none */
  drcon_string name;
  const drcon_endpoint* endpoints;
  size_t endpoint_count;
  const drcon_pair* values; /**< keys are unique */
  size_t value_count;
} drcon_service;

/** Every service of a sink, in order of name, endpoints in a fixed order: equal sets give equal bytes. */
typedef struct drcon_snapshot {
  uint32_t size;
  uint32_t reserved;
  uint64_t revision;
  const drcon_service* const* services;
  size_t service_count;
} drcon_snapshot;

/** One service that differs. `before` is NULL for an added one, `after` for a removed one. */
typedef struct drcon_change {
  uint32_t size;
  uint32_t reserved;
  const drcon_service* before;
  const drcon_service* after;
} drcon_change;

/** What a sink gets. It is borrowed until host->done has been called for its ticket. */
typedef struct drcon_update {
  uint32_t size;
  uint32_t flags;                /**< DRCON_UPDATE_* */
  uint64_t ticket;               /**< names this call in host->done */
  const drcon_snapshot* wanted;  /**< the whole of what should be; never NULL */
  const drcon_snapshot* applied; /**< what this sink last answered DRCON_OK to, or NULL: never (or unknown) */
  const drcon_change* changes;   /**< from `applied` (or from nothing) to `wanted` */
  size_t change_count;
  size_t change_size; /**< stride of `changes` */
} drcon_update;

/** Flag: nothing is known to have changed; compare the target with `wanted` and correct what differs. Unknown flags are
 *  ignored. */
#define DRCON_UPDATE_RECONCILE 1u

/** One option, as found by host->option. Members that do not fit the type are 0. */
typedef struct drcon_value {
  uint32_t size;       /**< set by the caller before host->option, which fills no more than that */
  uint32_t type;       /**< DRCON_VALUE_* */
  int64_t integer;     /**< boolean (0, 1) and integer */
  double number;       /**< integer and number */
  int64_t nanoseconds; /**< of a string such as "250ms"; -1 when it is no duration */
  int64_t bytes;       /**< of a string such as "64KiB"; -1 when it is no size */
  drcon_string string; /**< valid as long as the options are */
  size_t count;        /**< elements of an array, members of a table */
} drcon_value;
#define DRCON_VALUE_NONE 0u /* the option is not set and has no default */
#define DRCON_VALUE_BOOLEAN 1u
#define DRCON_VALUE_INTEGER 2u
#define DRCON_VALUE_NUMBER 3u
#define DRCON_VALUE_STRING 4u
#define DRCON_VALUE_ARRAY 5u
#define DRCON_VALUE_TABLE 6u

/** One figure. The host exposes it as drcon_PLUGIN_NAME{kind="…",name="…",LABELS}. */
typedef struct drcon_metric {
  uint32_t size;
  uint32_t kind;     /**< DRCON_METRIC_* */
  drcon_string name; /**< [a-z_]+ with its unit, as Prometheus has it: "staleness_seconds" */
  drcon_string help; /**< one sentence */
  double value;
  const drcon_pair* labels;
  size_t label_count;
} drcon_metric;
#define DRCON_METRIC_GAUGE 0u     /* set to value */
#define DRCON_METRIC_COUNTER 1u   /* increase by value */
#define DRCON_METRIC_HISTOGRAM 2u /* observe value, in seconds */

#define DRCON_LOG_TRACE 0
#define DRCON_LOG_DEBUG 1
#define DRCON_LOG_INFO 2
#define DRCON_LOG_WARNING 3
#define DRCON_LOG_ERROR 4

/** State of an instance as an operator should see it. */
#define DRCON_STATE_OK 0       /* in sync */
#define DRCON_STATE_DEGRADED 1 /* works, with less than was asked for; the text says what */
#define DRCON_STATE_AWAY 2     /* the other side is unreachable; the last known data stay in use */

/* ---- the host, as a plugin sees it --------------------------------------------------------------------- */

typedef struct drcon_instance drcon_instance; /* the host's handle of one source or sink */
typedef struct drcon_options drcon_options;   /* options of one instance, checked against the plugin's schema */

typedef struct drcon_host {
  uint32_t size;
  uint32_t abi_minor;
  const char* version; /**< of the host, for messages only */

  /* -- for every instance -- */

  /** [any] The option at `pointer` (JSON Pointer, RFC 6901: "/service/0/name"; "" is the whole). Within create only;
   *  its string is valid until create returns. DRCON_VALUE_NONE for what is not there. */
  void (*option)(const drcon_options*, drcon_string pointer, drcon_value* out);
  /** [any] Name of member `i` of the table at `pointer`, in alphabetical order; empty when there is none. Within create
   *  only; valid until create returns. */
  drcon_string (*option_key)(const drcon_options*, drcon_string pointer, size_t i);
  /** [any] The name the user gave the instance, such as "consul" of [source.consul]. Valid until destroy. */
  drcon_string (*name)(drcon_instance*);
  /** [any] Non-zero when a message of this level would be kept. For messages that are costly to make. */
  int32_t (*log_enabled)(drcon_instance*, int32_t level);
  /** [any] One line for people; the host adds the instance's name. An unknown level is read as the nearest one. */
  void (*log)(drcon_instance*, int32_t level, drcon_string text);
  /** [any] State to show until the next call; the host logs only what changes. Unknown states are read as AWAY. */
  void (*status)(drcon_instance*, int32_t state, drcon_string text);
  /** [any] One figure. A name that Prometheus does not allow is refused and reported as misbehaviour. */
  void (*metric)(drcon_instance*, const drcon_metric*);
  /** [lane] Reports why the create, start or render that is about to return something other than DRCON_OK failed.
   *  `pointer` names the option at fault, or is empty; the host turns it into file:line:column. */
  void (*failed)(drcon_instance*, drcon_string pointer, drcon_string why);

  /* -- for sources -- */

  /** [any] The complete state of one service. Equal to the last one: costs a comparison, causes nothing. The host
   *  copies and validates it: an endpoint with an impossible address, port, id, tag or meta is left out and reported;
   *  the others are kept. */
  void (*publish)(drcon_instance*, const drcon_service*);
  /** [any] The service is gone for good: the source *knows* that it is no more. One never published: does nothing. */
  void (*withdraw)(drcon_instance*, drcon_string service);
  /** [any] Everything that is watched has been reported (published or withdrawn) once. Repeating it is harmless. */
  void (*ready)(drcon_instance*);
  /** [any] The source has no current data; never means "empty". An empty name means all of its services.
   *  The next publish of the service (or ready, for all) ends it. */
  void (*unknown)(drcon_instance*, drcon_string service, drcon_string why);

  /* -- for sinks -- */

  /** [any] Answers apply(), once for each ticket, perhaps before apply() returns. `why` explains what is not OK. The
   *  update and all that it points to is the host's again from this call on. */
  void (*done)(drcon_instance*, uint64_t ticket, drcon_result, drcon_string why);
  /** [lane] Within render(): what would be written. `target` names it (a path); `live` is what is there now, or
   *  has a NULL pointer when that is not known. */
  void (*rendered)(drcon_instance*, drcon_string target, drcon_string wanted, drcon_string live);
  /** [any] Reports what the sink leaves out, and why: "its tag holds a newline"; no endpoint: the whole service. done
   * puts what was reported since apply in place of it; between two updates it is added. What render reports is not
   * kept. A source reports so what it leaves out by its options, one reason for each endpoint; an empty `why` takes it
   * back. */
  void (*refused)(drcon_instance*, drcon_string service, drcon_string endpoint, drcon_string why);

  /** [any] An optional ability of the host by name, or NULL. Valid for good. Each has a header: drcon/process.h. */
  const void* (*ability)(drcon_instance*, const char* name);
} drcon_host;

/* ---- the plugin, as the host sees it ------------------------------------------------------------------- */

typedef struct drcon_source_type {
  uint32_t size;
  uint32_t reserved;
  /** JSON Schema (2020-12) of the options, an object; each property with a description, and where it applies a
   *  default, a range, "format" ("duration", "size", "percent", "regex", "path", "address", "url") and "secret": true.
   *  The host refuses a library whose schema it cannot use. */
  const char* options;
  /** [lane] Makes an instance from checked options and stores it in *self, which is the plugin's and is handed back in
   *  every other call. DRCON_OK, or DRCON_CONFIG (anything else counts as that) after host->failed. Does no I/O and
   *  starts no thread: `drcon check` calls it. `host` and `instance` may be kept; they are valid for good. */
  drcon_result (*create)(const drcon_host* host, drcon_instance* instance, const drcon_options* options, void** self);
  /** [lane] Begins to work and returns at once. Anything but DRCON_OK: called again after a pause. */
  drcon_result (*start)(void* self);
  /** [lane] Ends all work. After it has returned the instance makes no further call to the host, and none of its
   *  threads runs. The host waits for its stop deadline; one that overstays is named, abandoned, and never unloaded.
   *  Called once, also when the instance was never started or its start failed. */
  void (*stop)(void* self);
  /** [lane] After stop: frees the instance. */
  void (*destroy)(void* self);
} drcon_source_type;

typedef struct drcon_sink_type {
  uint32_t size;
  uint32_t reserved;
  const char* options;                                                                      /**< as for sources */
  drcon_result (*create)(const drcon_host*, drcon_instance*, const drcon_options*, void**); /**< as for sources */
  drcon_result (*start)(void* self);                                                        /**< as for sources */
  /** [lane] Makes the target match update->wanted, all or nothing. Returns soon; ends by host->done, exactly once, on
   *  any thread. The next update comes only after that. When stop comes first, done may be left out. */
  void (*apply)(void* self, const drcon_update*);
  void (*stop)(void* self);    /**< as for sources */
  void (*destroy)(void* self); /**< as for sources */
  /** [lane] Optional, may be NULL. Calls host->rendered for each target that apply would write, and touches
   *  nothing. Called on an instance that is not started too. DRCON_OK, or why it cannot after host->failed. */
  drcon_result (*render)(void* self, const drcon_update*);
} drcon_sink_type;

/** The one exported object, a constant: the host reads it, and refuses the library if need be, before it calls
 *  anything. */
typedef struct drcon_plugin {
  char magic[8]; /**< DRCON_MAGIC */
  uint32_t size;
  uint32_t abi_major;
  uint32_t abi_minor;
  uint32_t reserved;
  const char* name;                /**< what users write in `plugin = "…"`: [a-z][a-z0-9-]*, at most 63 bytes */
  const char* version;             /**< of the plugin, for people */
  const char* summary;             /**< one sentence: what it reads or writes */
  const drcon_source_type* source; /**< or NULL */
  const drcon_sink_type* sink;     /**< or NULL */
  /** [any] Optional, may be NULL: an ability of the plugin by name, valid for good, or NULL. Each has a header:
   * drcon/probe.h. */
  const void* (*ability)(const char* name);
} drcon_plugin;

#define DRCON_ENTRY_SYMBOL "drcon_plugin_entry"
extern DRCON_EXPORT const drcon_plugin drcon_plugin_entry;

#ifdef __cplusplus
}
#endif
/* NOLINTEND(modernize-*) */
#endif
