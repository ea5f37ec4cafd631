# Cloister.  `make help` lists the targets.
#
# Variables: CC=gcc-12|clang-19|...  DEBUG=1  SANITIZE=address,undefined  TORTURE=1  PREFIX=/usr/local  JDK=/path/of/openjdk-17
BUILD   ?= build
JDK     ?= $(firstword $(wildcard /usr/lib/jvm/java-17-openjdk-*))
CC      ?= gcc
ifeq ($(origin CC),default)
CC      := gcc
endif
PREFIX  ?= /usr/local

CPPFLAGS := -I. -I$(JDK)/include -I$(JDK)/include/linux -D_GNU_SOURCE
WARN     := -Wall -Wextra -Werror -Wno-unused-parameter -Wstrict-prototypes -Wmissing-prototypes
CFLAGS   := -std=gnu17 -g -fPIC -fvisibility=hidden -fno-strict-aliasing -fwrapv -pthread $(WARN)
LDFLAGS  :=
ifdef DEBUG
CFLAGS   += -O0 -DCLOISTER_DEBUG
else
CFLAGS   += -O2
endif
ifdef SANITIZE
CFLAGS   += -fsanitize=$(SANITIZE) -fno-omit-frame-pointer
LDFLAGS  += -fsanitize=$(SANITIZE)
endif
ifdef TORTURE
CFLAGS   += -DCLOISTER_TORTURE
endif
LIBS     := -lgc -lffi -lzip -ldl -lm -lpthread

VM_DIRS  := vm gc classloader interpreter native
SOURCES  := $(wildcard $(addsuffix /*.c,$(VM_DIRS)))
OBJECTS  := $(SOURCES:%.c=$(BUILD)/obj/%.o)

all: $(BUILD)/libjvm.so

$(BUILD)/obj/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c $< -o $@

$(BUILD)/libjvm.so: $(OBJECTS) native/libjvm.map
	$(CC) -shared $(LDFLAGS) -Wl,-soname,libjvm.so -Wl,--version-script=native/libjvm.map -o $@ $(OBJECTS) $(LIBS)

-include $(OBJECTS:.o=.d)
.PHONY: all
