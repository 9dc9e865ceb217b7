/* drcon/probe.h: the ability "drcon.probe/1" of a plugin: it looks whether an instance of it works, and changes
 * nothing. `drcon doctor` asks for it, and so does `drcon run` at its start: a fault must not hide until the next
 * change. `drcon check` asks by it what a sink needs of its sources.
 *
 *   const void* ability(const char* name) { return strcmp(name, DRCON_PROBE) == 0 ? &my_probe : NULL; }
 *
 * The host asks an instance that was created for that and is never started, so that the one at work is not disturbed.
 * What is already reported by unknown() or by the answer to an apply is reported here as well: `drcon doctor` has
 * nothing else.
 */
/* NOLINTBEGIN(modernize-*): C, whatever includes it. */
#ifndef DRCON_PROBE_H
#define DRCON_PROBE_H

#include <drcon/plugin.h>

#ifdef __cplusplus
extern "C" {
#endif

#define DRCON_PROBE "drcon.probe/1"

/** What was looked at: scripts go by it. An unknown number is read as DRCON_PROBE_OTHER. */
#define DRCON_PROBE_OTHER 0u
#define DRCON_PROBE_REACHABLE 1u   /**< whether the other side answers */
#define DRCON_PROBE_RIGHTS 2u      /**< whether it lets drcon do what it has to: tokens, levels */
#define DRCON_PROBE_CONNECTIONS 3u /**< whether it takes as many connections as are needed */
#define DRCON_PROBE_VERSION 4u     /**< whether its version does, and is one that the plugin was tested with */
#define DRCON_PROBE_PROGRAM 5u     /**< whether a program that the plugin runs is there */
#define DRCON_PROBE_PROCESS 6u     /**< whether the process to be signalled is the right one, and may be */
#define DRCON_PROBE_READABLE 7u    /**< whether a file that the plugin reads can be read */
#define DRCON_PROBE_WRITABLE 8u    /**< whether a file that the plugin writes can be written */
#define DRCON_PROBE_INCLUDED 9u    /**< whether the target reads what the plugin writes */
#define DRCON_PROBE_PARTS 10u      /**< whether what is named is there: services, backends, keys */
#define DRCON_PROBE_OWNER 11u      /**< whether another drcon has the same target */
/* Of asks() alone: `what` is the name of it, and `advice` says who asks, where, and what to add to which source. */
#define DRCON_PROBE_ASKS_SERVICE 12u /**< a service that the sink asks for */
#define DRCON_PROBE_ASKS_KEY 13u     /**< a key that the sink asks for */
#define DRCON_PROBE_ASKS_KEYS 14u    /**< any key that begins with `what` */

/** How it is. An unknown number is read as DRCON_PROBE_WARNING. */
#define DRCON_PROBE_OK 0u
#define DRCON_PROBE_WARNING 1u /**< it works, and somebody should know something */
#define DRCON_PROBE_FAILED 2u  /**< it does not work */

typedef struct drcon_probe_finding {
  uint32_t size;
  uint32_t subject; /**< DRCON_PROBE_REACHABLE and so on */
  uint32_t state;   /**< DRCON_PROBE_OK and so on */
  uint32_t reserved;
  drcon_string what;   /**< one line: what was found */
  drcon_string advice; /**< one line: what to do about it, in the imperative; empty when nothing is to be done */
} drcon_probe_finding;

typedef struct drcon_probe_call {
  uint32_t size;
  uint32_t reserved;
  int64_t timeout; /**< nanoseconds that each answer of the other side may take, at most */
  int64_t process; /**< the drcon that runs this configuration, so that it is no other owner; 0: none runs */
  void* receiver;  /**< for found() */
  /** [lane] Reports one finding. Within the probe only; the host copies it. */
  void (*found)(void* receiver, const drcon_probe_finding*);
} drcon_probe_call;

typedef struct drcon_probe {
  uint32_t size;
  uint32_t reserved;
  /** [lane] Looks, and returns when it has. `self` was created and is not started. It changes nothing, at the other
   *  side or on this machine, takes no lock, and reports no status. NULL for a kind that the plugin is not, or cannot
   *  probe. */
  void (*source)(void* self, const drcon_probe_call*);
  void (*sink)(void* self, const drcon_probe_call*);
  /** [lane] As `sink`, but looks at nothing outside of the instance: reports what it asks for, such as the services
   *  that its templates name. Of each: DRCON_PROBE_FAILED where it applies nothing without that, DRCON_PROBE_WARNING
   *  where it goes on. `drcon check` reports what no source of the sink's pipelines can publish, as far as the schemas
   *  of these sources say what they publish ("publishes"). NULL for a sink that asks for nothing by name. */
  void (*asks)(void* self, const drcon_probe_call*);
} drcon_probe;

#ifdef __cplusplus
}
#endif
/* NOLINTEND(modernize-*) */
#endif
