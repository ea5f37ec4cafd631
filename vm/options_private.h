/* Shared by the files that parse options; nobody else includes this. */
#ifndef CLOISTER_VM_OPTIONS_PRIVATE_H
#define CLOISTER_VM_OPTIONS_PRIVATE_H

#include "vm/options.h"

bool options_parse_size(const char *text, uint64_t *bytes);           /* "64m", "0x10k"; false: not a size */
bool options_flag(struct options *o, const char *flag);               /* behind -XX:; false: message printed */
/* Defaults that depend on the machine. */
void options_ergonomics(struct options *o, double ram_percent, double initial_percent);
void options_print_flags(const struct options *o, FILE *out);

/* Percentages given by -XX:MaxRAMPercentage and its relatives, kept until the heap sizes are settled. */
struct ram_percentages { double maximum, initial; };
struct ram_percentages *options_percentages(void);

/* Of text that lives as long as the VM; ends the process when there is no memory. */
char *options_copy(const char *text);

#endif
