# Cloister.  `make help` lists the targets.
#
# Variables
#   CC=gcc|gcc-12|clang-19      the compiler (the interpreter is fastest when built by gcc)
#   DEBUG=1                     no optimisation, assertions on
#   SANITIZE=address,undefined  sanitizers; use a BUILD folder of its own
#   TORTURE=1                   collect at nearly every allocation
#   FUZZING=1                   for fuzz targets: checksums are left out
#   BUILD=build                 where everything is built
#   JDK=/usr/lib/jvm/...        the OpenJDK 17 whose class library is used
#   PREFIX=/usr/local           where `make install` puts the tree: $(PREFIX)/lib/cloister
BUILD   ?= build
JDK     ?= $(firstword $(wildcard /usr/lib/jvm/java-17-openjdk-*))
PREFIX  ?= /usr/local
DESTDIR ?=
ifeq ($(origin CC),default)
CC      := gcc
endif
VERSION := 0.1

CPPFLAGS := -I. -I$(JDK)/include -I$(JDK)/include/linux -D_GNU_SOURCE -DCLOISTER_VERSION='"$(VERSION)"'
# -Wno-unused-parameter: entry points and handlers of one table share a signature.
WARN     := -Wall -Wextra -Werror -Wno-unused-parameter -Wstrict-prototypes -Wmissing-prototypes
# Objects are read through several types (slots, Unsafe): no strict aliasing; Java's int arithmetic wraps.
CFLAGS   := -std=gnu17 -g -fPIC -fvisibility=hidden -fno-strict-aliasing -fwrapv -fno-omit-frame-pointer -pthread $(WARN)
LDFLAGS  :=
ifdef DEBUG
CFLAGS   += -O0 -DCLOISTER_DEBUG
else
CFLAGS   += -O2
endif
ifdef SANITIZE
# Instrumented code makes gcc see array bounds that no program reaches: warnings stay, but do not end the build.
CFLAGS   := $(filter-out -Werror,$(CFLAGS)) -fsanitize=$(SANITIZE)
LDFLAGS  += -fsanitize=$(SANITIZE)
endif
ifdef TORTURE
CPPFLAGS += -DCLOISTER_TORTURE
endif
ifdef FUZZING
CPPFLAGS += -DFUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION
endif
# libgc: the heap.  libffi: native calls.  libzip: jars on the boot path.
LIBS     := -lgc -lffi -lzip -ldl -lm -lpthread

# libseccomp: the monitor's filter.  jansson: JSON of the control socket and of listings.  libcyaml: configurations.
# xxHash: checksums of snapshots.  zstd: their transport form.  libcap: privileges given up.  libcrypto: SHA-256 of images.
# Linked statically: loading eight libraries takes a third of a millisecond, at the start of each isolate.  libzip, which
# reads images, is loaded when there is one (isolate/archive.c).
HOST_LIBS := -Wl,-Bstatic -lseccomp -ljansson -lcyaml -lyaml -lxxhash -lzstd -lcap -llmdb -lcrypto -Wl,-Bdynamic -lpthread

PACKAGES := gcc make curl pkg-config libgc-dev libffi-dev libzip-dev check openjdk-17-jdk-headless librhino-java \
            libseccomp-dev libmicrohttpd-dev liblmdb-dev libjansson-dev libcyaml-dev libyaml-dev libxxhash-dev libzstd-dev \
            libcap-dev libssl-dev

VM_DIRS  := vm gc classloader interpreter native
SOURCES  := $(wildcard $(addsuffix /*.c,$(VM_DIRS)))
OBJECTS  := $(SOURCES:%.c=$(BUILD)/obj/%.o)
HOME_DIR := $(BUILD)/home
LIBJVM   := $(HOME_DIR)/lib/server/libjvm.so
STDLIB   := $(HOME_DIR)/lib/cloister.jar
VM_BUILD := $(HOME_DIR)/lib/cloister.build

HOST_SOURCES := $(wildcard hostvirt/*.c hostvirt/*.S isolate/*.c cli/*.c)
HOST_OBJECTS := $(patsubst %,$(BUILD)/host/%.o,$(basename $(HOST_SOURCES)))
CLOISTER     := $(HOME_DIR)/bin/cloister
LIBCLOISTER  := $(HOME_DIR)/lib/libcloister.so
LIBJAVA      := $(HOME_DIR)/lib/libcloister-java.so

MANUAL       := $(HOME_DIR)/share/man/man1/cloister.1
COMPLETION   := $(HOME_DIR)/share/bash-completion/completions/cloister

all: $(LIBJVM) $(STDLIB) $(VM_BUILD) $(CLOISTER) $(LIBCLOISTER) $(LIBJAVA) $(MANUAL) $(COMPLETION)

help:
	@echo 'make all        build the Java VM and $(HOME_DIR), a JAVA_HOME, and cloister'
	@echo 'make deps       install what the build needs (Debian packages)'
	@echo 'make demo       deps, all, then our VM compiles and runs a Java program, and an isolate is saved and cloned'
	@echo 'make check      deps, all, then all tests that take minutes; TESTS=language/LangRecords: that Java test alone'
	@echo 'make check-hostvirt  the tests of isolates (need /dev/kvm)'
	@echo 'make check-isolate   Java programs in isolates: images, calls, checkpoints (need /dev/kvm)'
	@echo 'make check-java-isolated  the Java tests in isolates of each kind and in warm clones (ISOLATIONS="vm clone")'
	@echo 'make check-hostile   guests that mean harm;  make check-snapshots  saving at random moments (minutes each)'
	@echo 'make check-snapshots-long  the same at a thousand moments, and a hundred clones of a warm HotSpot (an hour)'
	@echo 'make check-warm-apps  H2, Clojure, Groovy and Tomcat, warmed up and saved, in a hundred clones at once'
	@echo 'make check-calls-long  ten thousand calls that plant what they can, a thousand clones (minutes)'
	@echo 'make check-guests    large programs inside isolates: test suites, servers, stressors (GUESTS="python servers"; slow)'
	@echo 'make check-apps real programs beside HotSpot (installs them from Debian);  make check-apps-isolated: in isolates'
	@echo "make check-jtreg  OpenJDK's own tests of java.lang and java.util (SLICES='strings reflect'; slow)"
	@echo 'make bench-isolates  what isolates cost, beside runs outside: bench/ISOLATES.md'
	@echo 'make bench-starts    what starts of Java programs cost, cold and warm, beside HotSpot: bench/STARTS.md'
	@echo 'make bench-calls     what calls of Java handlers cost, from a command and through serve: bench/CALLS.md'
	@echo 'make bench-clones    what clones that stay cost: resets, memory, idle time, Tomcat: bench/CLONES.md'
	@echo 'make bench-java-isolates  starts, calls and clones of Java programs: these three together'
	@echo 'make bench      the benchmarks beside HotSpot'
	@echo "make fuzz       ten minutes of libFuzzer on each reader of what is not trusted (clang-19; FUZZ='calls exec' runs some)"
	@echo 'make check-memory  programs whose allocations fail, one by one, and that meet limits on memory (minutes)'
	@echo 'make torture    the Java tests with a collection at nearly every allocation'
	@echo 'make sanitize   the Java tests and those of isolates under address and undefined-behaviour sanitizers'
	@echo 'make install PREFIX=/usr/local   uninstall   clean'

deps:
	@scripts/install-packages $(PACKAGES)

# ---- the VM ------------------------------------------------------------------------------------------------

$(BUILD)/obj/%.o: %.c $(BUILD)/flags
	@mkdir -p $(@D)
	@echo '  CC    $<'
	@$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c $< -o $@

# Rebuild when the compiler or its flags change.
$(BUILD)/flags: FORCE
	@mkdir -p $(@D)
	@echo '$(CC) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS)' | cmp -s - $@ || echo '$(CC) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS)' > $@

$(LIBJVM): $(OBJECTS) native/libjvm.map scripts/link-jdk
	@test -n "$(JDK)" || { echo 'No OpenJDK 17 found below /usr/lib/jvm: run `make deps` or pass JDK=' >&2; exit 1; }
	scripts/link-jdk $(JDK) $(HOME_DIR)
	@echo '  LINK  $@'
	@$(CC) -shared $(LDFLAGS) -Wl,-soname,libjvm.so -Wl,--version-script=native/libjvm.map -Wl,-z,defs,-z,now \
	    -o $@ $(OBJECTS) $(LIBS)

-include $(OBJECTS:.o=.d)

# The Java side: packages cloister.isolate and jdk.crac, on the boot class path behind the class library.  Hidden keeps
# the frames that start a program out of its stack traces.
$(STDLIB): $(shell find stdlib -name '*.java') $(LIBJVM)
	@echo '  JAVAC $@'
	@rm -rf $(BUILD)/stdlib && mkdir -p $(BUILD)/stdlib
	@$(JDK)/bin/javac -Xlint:all -Werror -d $(BUILD)/stdlib \
	    $(filter %.java,$^)
	@$(JDK)/bin/jar --create --date 2020-01-01T00:00:00Z --no-compress --file $@ -C $(BUILD)/stdlib .

# What the VM is, by content: saved isolates of one build do not fit another.
$(VM_BUILD): $(LIBJVM) $(STDLIB)
	@cat $^ | sha256sum | cut -c 1-64 > $@

# ---- the host of isolates --------------------------------------------------------------------------------------

# Position-independent, so that the monitor lies above the guest's part of the address space (hostvirt/layout.h).
HOST_CFLAGS := $(filter-out -fPIC,$(CFLAGS)) -fPIE -fstack-protector-strong

$(BUILD)/host/%.o: %.c $(BUILD)/flags
	@mkdir -p $(@D)
	@echo '  CC    $<'
	@$(CC) $(CPPFLAGS) $(HOST_CFLAGS) -MMD -MP -c $< -o $@

$(BUILD)/host/%.o: %.S $(BUILD)/flags $(BUILD)/host/vdso.so
	@mkdir -p $(@D)
	@echo '  AS    $<'
	@$(CC) $(CPPFLAGS) -DVDSO_IMAGE='"$(BUILD)/host/vdso.so"' -MMD -MP -c $< -o $@

# Runs in guests: no library, no stack protector (its canary is the guest's), no instrumentation.
$(BUILD)/host/vdso.so: $(wildcard hostvirt/vdso/*) $(BUILD)/flags
	@mkdir -p $(@D)
	@echo '  VDSO  $@'
	@$(CC) -std=gnu17 -O2 -fPIC -fno-stack-protector -fcf-protection=none -fasynchronous-unwind-tables $(WARN) -shared -nostdlib \
	    -Wl,-T,hostvirt/vdso/vdso.lds -Wl,--version-script=hostvirt/vdso/vdso.map -Wl,-soname,linux-vdso.so.1 \
	    -Wl,--hash-style=both -Wl,--eh-frame-hdr -Wl,--build-id=none -Wl,-Bsymbolic -o $@ hostvirt/vdso/vdso.c

# The monitor's filter of system calls, compiled once, here.
$(BUILD)/host/wall_compile: hostvirt/wall/compile.c $(BUILD)/flags
	@mkdir -p $(@D)
	@echo '  CC    $<'
	@$(CC) $(CPPFLAGS) $(HOST_CFLAGS) -MMD -MP -pie $(LDFLAGS) -o $@ $< -lseccomp

$(BUILD)/host/wall_filter.h: $(BUILD)/host/wall_compile
	@echo '  WALL  $@'
	@$< > $@.new && mv $@.new $@

$(BUILD)/host/hostvirt/wall_filter.o: $(BUILD)/host/wall_filter.h
$(BUILD)/host/hostvirt/wall_filter.o: CPPFLAGS += -DWALL_FILTER='"$(BUILD)/host/wall_filter.h"'

$(CLOISTER): $(HOST_OBJECTS) $(LIBJVM)
	@echo '  LINK  $@'
	@$(CC) -pie $(LDFLAGS) -Wl,-z,now -Wl,-z,relro -Wl,-z,noexecstack -o $@ $(HOST_OBJECTS) $(HOST_LIBS)

# The library only starts monitors and talks to them: it shares the client's half of the control socket, and of calls.
LIBCLOISTER_SOURCES := hostvirt/library.c hostvirt/library_zygote.c hostvirt/control_client.c hostvirt/zygote_client.c \
                       isolate/library_call.c isolate/invoke.c isolate/message.c
$(LIBCLOISTER): $(LIBCLOISTER_SOURCES) hostvirt/library_private.h hostvirt/zygote.h hostvirt/calls.h isolate/invoke.h \
                isolate/message.h $(wildcard hostvirt/control*.h) include/cloister.h $(LIBJVM) $(BUILD)/flags
	@echo '  LINK  $@'
	@mkdir -p $(HOME_DIR)/include
	@cp include/cloister.h $(HOME_DIR)/include/
	@$(CC) $(CPPFLAGS) $(CFLAGS) -shared $(LDFLAGS) -Wl,-soname,libcloister.so -Wl,-z,defs -o $@ \
	    $(LIBCLOISTER_SOURCES) -ljansson -lpthread

# The same for Java programs: natives of cloister.isolate.internal.Library.
$(LIBJAVA): isolate/java/library.c $(LIBCLOISTER)
	@echo '  LINK  $@'
	@$(CC) $(CPPFLAGS) $(CFLAGS) -shared $(LDFLAGS) -Wl,-soname,libcloister-java.so -Wl,-z,defs '-Wl,-rpath,$$ORIGIN' -o $@ $< \
	    $(LIBCLOISTER)

-include $(HOST_OBJECTS:.o=.d) $(BUILD)/host/wall_compile.d

# All manual pages; options and examples come from the command itself.  `man` finds them when bin/ is in PATH.
$(MANUAL): $(CLOISTER) scripts/make-man docs/cloister-java.1 $(wildcard docs/man/*)
	@echo '  MAN   $(@D)'
	@mkdir -p $(@D)
	@cp docs/cloister-java.1 $(@D)/
	@scripts/make-man $(CLOISTER) $(HOME_DIR)/share/man

$(COMPLETION): docs/cloister.bash-completion
	@mkdir -p $(@D)
	@cp $< $@

# ---- using it ----------------------------------------------------------------------------------------------

demo: deps
	$(MAKE) -j$$(nproc) all
	scripts/demo $(HOME_DIR) $(BUILD)/demo
	scripts/demo-isolate $(HOME_DIR) $(BUILD)/demo
	scripts/demo-calls $(HOME_DIR) $(BUILD)/demo

# TESTS names Java tests (GROUP/NAME): then only they are run.
check: deps
	$(MAKE) -j$$(nproc) all
	$(MAKE) $(if $(TESTS),check-java,check-unit check-java check-cli check-jni check-install check-hostvirt check-isolate check-fuzz)

check-jni: all
	tests/jni/run $(HOME_DIR) $(BUILD)/jni
	$(MAKE) -C examples/embed check HOME=$(abspath $(HOME_DIR))

check-install: all
	tests/install/run $(HOME_DIR) $(BUILD)/install $(JDK)

check-cli: all
	tests/cli/run $(HOME_DIR) $(BUILD)/cli

check-java: all
	tests/run-java $(HOME_DIR) $(BUILD)/tests $(TESTS)
	$(if $(TESTS),,JDK=$(JDK) tests/opcode-coverage $(BUILD)/tests/opcodes)

# Allocations that fail, one by one, and limits on memory: some minutes.
check-memory: all
	tests/memory/run $(HOME_DIR) $(BUILD)/memory

# The same programs in isolates of each kind and in warm clones: ten minutes; some of each are in check-isolate.
ISOLATIONS := vm clone process none
check-java-isolated: all
	@failed=; for i in $(ISOLATIONS); do echo "== $$i"; \
	    tests/run-java --isolation $$i $(HOME_DIR) $(BUILD)/tests/$$i $(TESTS) || failed=1; done; [ -z "$$failed" ]

ISOLATED_TESTS := core/FilesAndBuffers core/Formatting core/Processes language/LangRecords limits/LimitThreads \
    loading/LoadResources threads/AccessContexts threads/Signals

# The host of isolates.  What needs /dev/kvm says SKIPPED where it is missing.
HOST_TESTS := $(patsubst tests/unit/%.c,$(BUILD)/unit/%,$(wildcard tests/unit/test_hv_*.c))

$(BUILD)/host/libhost.a: $(filter $(BUILD)/host/hostvirt/% $(BUILD)/host/isolate/%,$(HOST_OBJECTS))
	@rm -f $@
	@ar rcs $@ $^

$(HOST_TESTS): $(BUILD)/unit/%: tests/unit/%.c tests/unit/runner.c $(wildcard tests/unit/*.h) $(BUILD)/host/libhost.a
	@mkdir -p $(@D)
	@echo '  CC    $@'
	@$(CC) $(CPPFLAGS) $(HOST_CFLAGS) -Wno-missing-prototypes -pie $(LDFLAGS) -o $@ $< tests/unit/runner.c \
	    $(BUILD)/host/libhost.a $$(pkg-config --cflags --libs check) $(HOST_LIBS)

check-hostvirt: all $(HOST_TESTS)
	@for t in $(HOST_TESTS); do echo "== $$t"; $$t || exit 1; done
	tests/hostvirt/cli $(CLOISTER) $(BUILD)/hostvirt/cli
	tests/hostvirt/machine $(CLOISTER) $(BUILD)/hostvirt/machine
	tests/hostvirt/programs $(HOME_DIR) $(BUILD)/hostvirt/programs
	tests/hostvirt/snapshots $(CLOISTER) $(BUILD)/hostvirt/snapshots 4
	tests/hostvirt/zygote $(CLOISTER) $(BUILD)/hostvirt/zygote
	tests/hostvirt/hotspot $(CLOISTER) $(BUILD)/hostvirt/hotspot 12
	$(MAKE) -C examples/isolates check HOME=$(abspath $(HOME_DIR))

check-isolate: all
	tests/isolate/images $(HOME_DIR) $(BUILD)/isolate/images
	tests/isolate/calls $(HOME_DIR) $(BUILD)/isolate/calls
	tests/isolate/warm $(HOME_DIR) $(BUILD)/isolate/warm
	tests/isolate/serve $(HOME_DIR) $(BUILD)/isolate/serve
	tests/isolate/cache $(HOME_DIR) $(BUILD)/isolate/cache
	tests/isolate/receipts $(HOME_DIR) $(BUILD)/isolate/receipts
	tests/isolate/caches $(HOME_DIR) $(BUILD)/isolate/caches
	tests/isolate/travel $(HOME_DIR) $(BUILD)/isolate/travel
	tests/isolate/isolation $(HOME_DIR) $(BUILD)/isolate/isolation
	tests/isolate/diagnostics $(HOME_DIR) $(BUILD)/isolate/diagnostics
	tests/isolate/embedding $(HOME_DIR) $(BUILD)/isolate/embedding
	$(MAKE) check-java-isolated TESTS="$(ISOLATED_TESTS)"

# Ten thousand calls, a thousand clones.
check-calls-long: all
	tests/isolate/isolation $(HOME_DIR) $(BUILD)/isolate/isolation 10000 1000

# Minutes each: guests that mean harm, and snapshots taken at random moments.
check-hostile: all
	tests/hostvirt/hostile/run $(HOME_DIR) $(BUILD)/hostvirt/hostile
	tests/hostvirt/hostile/killed $(CLOISTER) $(BUILD)/hostvirt/killed 60

check-snapshots: all
	tests/hostvirt/snapshots $(CLOISTER) $(BUILD)/hostvirt/snapshots
	tests/hostvirt/hotspot $(CLOISTER) $(BUILD)/hostvirt/hotspot 30

# More than a thousand random moments, a hundred clones of HotSpot.
check-snapshots-long: all
	tests/hostvirt/snapshots $(CLOISTER) $(BUILD)/hostvirt/snapshots 20 23
	tests/hostvirt/hotspot $(CLOISTER) $(BUILD)/hostvirt/hotspot 100

# Longer still: other people's programs and their own tests, inside and outside.
check-guests: all
	tests/hostvirt/guests/run $(HOME_DIR) $(BUILD)/hostvirt/guests $(GUESTS)

# Other people's Java programs from warm snapshots.
check-warm-apps: all
	tests/isolate/apps $(HOME_DIR) $(BUILD)/isolate/apps

check-apps: all
	tests/apps/run $(HOME_DIR) $(BUILD)/apps $(APPS)

# The same in isolates of each kind, and from warm clones.
check-apps-isolated: all
	@failed=; for i in $(ISOLATIONS); do echo "== $$i"; \
	    tests/apps/run --isolation $$i $(HOME_DIR) $(BUILD)/apps/$$i $(APPS) || failed=1; done; [ -z "$$failed" ]

check-jtreg: all
	tests/jtreg/run $(HOME_DIR) $(BUILD)/jtreg $(SLICES)

bench: all
	bench/run $(HOME_DIR) $(BUILD)/bench

# What isolates cost; writes bench/ISOLATES.md.
bench-isolates: all
	bench/isolates $(HOME_DIR) $(BUILD)/bench/isolates

bench-starts: all
	bench/starts $(HOME_DIR) $(BUILD)/bench/starts

# What calls of Java handlers cost, beside HotSpot; writes bench/CALLS.md.
bench-calls: all
	bench/calls $(HOME_DIR) $(BUILD)/bench/calls

# What clones of Java programs cost that stay: resets, memory, wakening; Tomcat beside HotSpot; writes bench/CLONES.md.
bench-clones: all
	bench/clones $(HOME_DIR) $(BUILD)/bench/clones

# All that Java programs in isolates are measured by, one after the other.
bench-java-isolates: all
	bench/starts $(HOME_DIR) $(BUILD)/bench/starts
	bench/calls $(HOME_DIR) $(BUILD)/bench/calls
	bench/clones $(HOME_DIR) $(BUILD)/bench/clones

torture:
	$(MAKE) all BUILD=$(BUILD)/torture TORTURE=1
	tests/run-java $(BUILD)/torture/home $(BUILD)/torture/tests $(TESTS)

sanitize:
	$(MAKE) all BUILD=$(BUILD)/sanitize SANITIZE=address,undefined
	tests/run-java --sanitized $(BUILD)/sanitize/home $(BUILD)/sanitize/tests $(TESTS)
	$(if $(TESTS),,$(MAKE) sanitize-host)

# The monitor runs guests under the sanitizers, too: its shadow memory is taken from the guest's part (hostvirt/layout.h).
# What HotSpot asks of the address space is left out, and so is the search for leaks behind the wall, which forbids it.
sanitize-host:
	UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1 ASAN_OPTIONS=detect_leaks=0 \
	    $(MAKE) check-sanitized BUILD=$(BUILD)/sanitize SANITIZE=address,undefined

check-sanitized: all $(HOST_TESTS)
	@for t in $(HOST_TESTS); do echo "== $$t"; ASAN_OPTIONS=detect_leaks=1 $$t || exit 1; done
	tests/hostvirt/cli $(CLOISTER) $(BUILD)/hostvirt/cli
	tests/hostvirt/programs $(HOME_DIR) $(BUILD)/hostvirt/programs $(SANITIZED_PROGRAMS)
	tests/hostvirt/snapshots $(CLOISTER) $(BUILD)/hostvirt/snapshots 4

SANITIZED_PROGRAMS := ls coreutils busybox pipes signals python network abstract perl semantics sqlite gcc

# Unit tests link the VM's objects directly, and what they share: the files that are not called test_*.  Those that
# start a whole VM (vm_fixture.c) load the JDK's libraries, which ask for a libjvm.so by name: an empty one; its
# functions are the test's own.  test_hv_* and hv_* are of hostvirt/, which shares nothing with the VM but runner.c.
UNIT_SOURCES := $(filter-out tests/unit/test_hv_%,$(wildcard tests/unit/test_*.c))
UNIT_TESTS   := $(UNIT_SOURCES:tests/unit/%.c=$(BUILD)/unit/%)
UNIT_SHARED  := $(filter-out tests/unit/test_% tests/unit/hv_%,$(wildcard tests/unit/*.c))
UNIT_SUPPORT := $(UNIT_SHARED:tests/unit/%.c=$(BUILD)/unit/%.o)

$(BUILD)/unit/libjvm.so: native/libjvm.map $(BUILD)/flags
	@mkdir -p $(@D)
	@$(CC) -shared $(LDFLAGS) -Wl,-soname,libjvm.so -Wl,--version-script=native/libjvm.map -o $@ -x c /dev/null

$(UNIT_SUPPORT): $(BUILD)/unit/%.o: tests/unit/%.c $(wildcard tests/unit/*.h) $(OBJECTS)
	@mkdir -p $(@D)
	@echo '  CC    $<'
	@$(CC) $(CPPFLAGS) $(CFLAGS) $$(pkg-config --cflags check) -c $< -o $@

$(BUILD)/unit/%: tests/unit/%.c $(OBJECTS) $(UNIT_SUPPORT) $(BUILD)/unit/libjvm.so
	@mkdir -p $(@D)
	@echo '  CC    $@'
	@$(CC) $(CPPFLAGS) $(CFLAGS) -Wno-missing-prototypes -rdynamic -o $@ $< $(OBJECTS) $(UNIT_SUPPORT) \
	    $(LDFLAGS) -Wl,--no-as-needed $(BUILD)/unit/libjvm.so -Wl,-rpath,'$$ORIGIN' -Wl,--as-needed $(LIBS) \
	    $$(pkg-config --cflags --libs check)

check-unit: $(UNIT_TESTS)
	@set -e; for test in $(UNIT_TESTS); do echo "== $$test"; JDK=$(JDK) $$test; done

# Fuzz targets, FUZZ_SECONDS each: `make fuzz FUZZ='calls exec'` runs some.  What they find, $(BUILD)/fuzz/NAME-crash-...,
# goes to tests/fuzz/found/NAME when it is mended.
FUZZ_SECONDS ?= 600
FUZZ         ?= classfile snapshot config image calls exec control
FUZZ_BUILD   := $(BUILD)/fuzz
FUZZ_CC      := clang-19 $(CPPFLAGS) -DFUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION -std=gnu17 -g -O1 -fno-strict-aliasing -fwrapv \
                -fsanitize=fuzzer,address,undefined
FUZZ_VM      := $(filter-out classloader/bootpath.c,$(wildcard classloader/classfile*.c classloader/codecheck*.c \
                classloader/descriptor.c)) vm/symbol.c vm/arena.c vm/metadata.c vm/no_memory.c vm/opcodes.c
FUZZ_HOST    := $(FUZZ_BUILD)/host/libhost.a
# The targets with a guest process that never runs replace what would need KVM or another thread (fuzz_guest.c).
FUZZ_GUEST   := tests/fuzz/fuzz_guest.c -Wl,--wrap=ioctl,--wrap=platform_create_vm,--wrap=vcpu_pool_start,--wrap=thread_start,--wrap=process_clone

$(FUZZ_BUILD)/classfile: tests/fuzz/fuzz_classfile.c $(FUZZ_VM)
	@mkdir -p $(@D)
	$(FUZZ_CC) -o $@ $^ -lpthread

$(FUZZ_HOST): FORCE
	$(MAKE) BUILD=$(FUZZ_BUILD) CC=clang-19 SANITIZE=fuzzer-no-link,address,undefined FUZZING=1 $@

$(addprefix $(FUZZ_BUILD)/,snapshot config image): $(FUZZ_BUILD)/%: tests/fuzz/fuzz_%.c $(FUZZ_HOST)
	$(FUZZ_CC) -o $@ $^ $(HOST_LIBS)

$(addprefix $(FUZZ_BUILD)/,calls exec control): $(FUZZ_BUILD)/%: tests/fuzz/fuzz_%.c tests/fuzz/fuzz_guest.c tests/fuzz/fuzz_guest.h $(FUZZ_HOST)
	$(FUZZ_CC) $(if $(filter control,$*),-Xlinker --wrap=snapshot_save_at_checkpoint) -o $@ $< $(FUZZ_GUEST) $(FUZZ_HOST) $(HOST_LIBS)

fuzz:
	@scripts/install-packages clang-19 libclang-rt-19-dev
	$(MAKE) $(addprefix $(FUZZ_BUILD)/,$(FUZZ))
	tests/fuzz/make-seeds $(FUZZ_BUILD)/seeds
	tests/fuzz/run $(FUZZ_BUILD) $(FUZZ_SECONDS) $(FUZZ)

# The targets build, and take their first inputs and all that was found once.
check-fuzz:
	$(MAKE) fuzz FUZZ_SECONDS=0

install: all
	scripts/install-tree install $(HOME_DIR) $(JDK) $(VERSION) $(PREFIX) $(DESTDIR)

uninstall:
	scripts/install-tree uninstall $(PREFIX) $(DESTDIR)

clean:
	rm -rf $(BUILD)

FORCE:
.PHONY: all help deps demo check check-unit check-java check-cli check-jni check-install check-hostvirt check-isolate \
        check-java-isolated check-memory check-hostile check-snapshots check-snapshots-long check-calls-long check-guests \
        check-warm-apps check-apps check-apps-isolated check-jtreg bench bench-isolates bench-starts bench-calls bench-clones bench-java-isolates torture sanitize \
        sanitize-host check-sanitized fuzz check-fuzz \
        install uninstall clean FORCE
