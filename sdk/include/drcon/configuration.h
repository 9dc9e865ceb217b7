/* drcon/configuration.h: the ability "drcon.configuration/1" of the host: which configuration an instance belongs to.
 *
 *   const drcon_configuration* mine = host->ability(instance, DRCON_CONFIGURATION);
 *
 * For a sink whose target outlives it, and is shared with others: what is left there may be of an earlier run of the
 * same configuration, or of another one whose sink has the same name.
 */
/* NOLINTBEGIN(modernize-*): C, whatever includes it. */
#ifndef DRCON_CONFIGURATION_H
#define DRCON_CONFIGURATION_H

#include <drcon/plugin.h>

#ifdef __cplusplus
extern "C" {
#endif

#define DRCON_CONFIGURATION "drcon.configuration/1"

typedef struct drcon_configuration {
  uint32_t size;
  uint32_t reserved;
  /** [any] The absolute path of the configuration's file; links in it are not followed. Empty where there is none, as
   * in a test. Valid until destroy. */
  drcon_string (*file)(drcon_instance*);
} drcon_configuration;

#ifdef __cplusplus
}
#endif
/* NOLINTEND(modernize-*) */
#endif
