/* Static constraints on code (JVMS 4.9.1): everything that can be said about bytecode without knowing types. */
#ifndef CLOISTER_CLASSLOADER_CODECHECK_H
#define CLOISTER_CLASSLOADER_CODECHECK_H

#include "classloader/classfile.h"

/* All methods with code.  false: *error holds a VerifyError or ClassFormatError in HotSpot's words.  The class must
 * come from classfile_parse; nothing of it is changed.  Reentrant. */
bool codecheck_class(const struct class *c, struct parse_error *error);

#endif
