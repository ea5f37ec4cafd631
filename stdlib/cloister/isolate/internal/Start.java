package cloister.isolate.internal;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.lang.reflect.Constructor;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import jdk.crac.CheckpointException;
import jdk.crac.Core;
import jdk.crac.RestoreException;

/**
 * The class that an isolate's VM runs: a program up to its main method, which waits for a run's arguments, or a handler
 * that answers calls. Arguments: "main" CLASS, "jar" FILE, "handler" CLASS[.METHOD], or "runtime" for a VM that is saved
 * before it has a program: a message brings the class path and the other arguments. The system property cloister.at says
 * where it is saved, by somebody who is waited for: "main", "call=N", "here" (Checkpoint.here()) or "asked" (when a message
 * says so).
 */
public final class Start {
    private static final int LAUNCH_CLASS = 1, LAUNCH_JAR = 2; /* sun.launcher.LauncherHelper's modes */
    private static final int LONGEST_TEXT = 1 << 20; /* characters of an exception or a refusal */

    private final ClassLoader loader = ClassLoader.getSystemClassLoader();
    private final String defaultHandler;
    private final String at;
    private final Map<String, Handler> handlers = new HashMap<>();

    private Start(String defaultHandler, String at) {
        this.defaultHandler = defaultHandler;
        this.at = at;
    }

    @Launcher
    public static void main(String[] arguments) throws Throwable {
        String at = System.getProperty("cloister.at", "");
        System.clearProperty("cloister.at"); /* the program's properties are those that it has without this class */
        if (arguments.length == 1 && arguments[0].equals("runtime")) {
            Message program = saveRuntime();
            start(program.start, program.handler, program.at);
        } else if (arguments.length > 1) {
            start(arguments[0], arguments[1], at);
        } else {
            start("", "", at);
        }
    }

    @Launcher
    private static void start(String how, String what, String at) throws Throwable {
        switch (how) {
        case "main" -> runMain(LAUNCH_CLASS, what, at);
        case "jar" -> runMain(LAUNCH_JAR, what, at);
        case "handler" -> new Start(what, at).serve();
        default -> throw new IllegalArgumentException("Start main CLASS | jar FILE | handler CLASS[.METHOD] | runtime");
        }
    }

    // ---- the VM, before it has a program ---------------------------------------------------------------------------

    /** What a program needs before and behind its main method is loaded; the program comes with the first message. */
    private static Message saveRuntime() throws Exception {
        Hypercalls.open(Class.forName("sun.launcher.LauncherHelper").getModule(), "sun.launcher");
        Hypercalls.open(Class.class.getModule(), "java.lang");
        Hypercalls.open(Class.class.getModule(), "jdk.internal.loader");
        Rehearsal.run();
        new Environment();
        ClassPath path = new ClassPath();
        checkpoint();
        Message program = new Message(Hypercalls.nextCall(null, false));
        if (program.kind != Message.PROGRAM) {
            refuse("this isolate waits for a program");
            throw new IOException("no program came");
        }
        path.set(program.classPath);
        Hypercalls.reply(Message.OK, new byte[0], 0, 0);
        return program;
    }

    /** The system loader's class path, from which nothing has been loaded yet. */
    private static final class ClassPath {
        private final ClassLoader loader = ClassLoader.getSystemClassLoader();
        private final Field place;
        private final Constructor<?> maker;

        ClassPath() throws ReflectiveOperationException {
            place = loader.getClass().getSuperclass().getDeclaredField("ucp");
            place.setAccessible(true);
            maker = place.getType().getDeclaredConstructor(String.class, boolean.class);
            maker.setAccessible(true);
            maker.newInstance("", false);
        }

        void set(String path) throws ReflectiveOperationException {
            System.setProperty("java.class.path", path);
            place.set(loader, maker.newInstance(path, false));
        }
    }

    // ---- a program -------------------------------------------------------------------------------------------------

    /** The launcher's own checks and messages; then the checkpoint, with main not yet called. */
    @Launcher
    private static void runMain(int mode, String what, String at) throws Throwable {
        Class<?> helper = Class.forName("sun.launcher.LauncherHelper");
        Hypercalls.open(helper.getModule(), helper.getPackageName());
        Method check = helper.getMethod("checkAndLoadMain", boolean.class, int.class, String.class);
        Class<?> main = (Class<?>) check.invoke(null, true, mode, what);
        Class.forName(main.getName(), true, main.getClassLoader());
        Hypercalls.open(Class.class.getModule(), "java.lang");
        Environment environment = new Environment();
        Map<?, ?> hooks = shutdownHooks();
        if (main.getClassLoader() == ClassLoader.getSystemClassLoader() && !isWatched())
            Hypercalls.anticipate(main);
        setCommand(what, new String[0]);
        for (boolean rehearsal : new boolean[] {true, false}) { /* what was executed before writes no caches */
            if (!rehearsal && at.equals("main"))
                checkpoint();
            String[] arguments = environment.takeRun(rehearsal);
            if (arguments.length > 0)
                setCommand(what, arguments);
            preparePoint(rehearsal ? "" : at);
            Hypercalls.callMain(rehearsal || environment.trial ? Nothing.class : main, arguments);
            if (at.equals("main") && hooks.isEmpty()) /* one may wait for this thread's end */
                Hypercalls.endIfLast(rehearsal);
        }
    }

    @SuppressWarnings("removal") /* a security manager would be asked for each class that is found */
    private static boolean isWatched() {
        return System.getSecurityManager() != null;
    }

    /** What a rehearsal and a trial call in place of the program. */
    private static final class Nothing {
        private static void main(String[] arguments) { }
    }

    /** For points behind the start of main. */
    private static void preparePoint(String at) {
        if (at.equals("here"))
            Engine.expectCheckpoint();
        else if (at.equals("asked"))
            saveWhenAsked();
    }

    private static Map<?, ?> shutdownHooks() throws ReflectiveOperationException {
        Field hooks = Class.forName("java.lang.ApplicationShutdownHooks").getDeclaredField("hooks");
        hooks.setAccessible(true);
        return (Map<?, ?>) hooks.get(null);
    }

    /** As the launcher does; without "+", which would have to be linked in a clone first. */
    static void setCommand(String what, String[] arguments) {
        StringBuilder command = new StringBuilder(what);
        for (String argument : arguments)
            command.append(' ').append(argument);
        System.setProperty("sun.java.command", command.toString());
    }

    private static void checkpoint() throws CheckpointException, RestoreException {
        Engine.awaitCheckpointWanted();
        if (Engine.inside())
            Core.checkpointRestore();
    }

    /** A thread beside the program's: in a clone it ends at once. */
    private static void saveWhenAsked() {
        ThreadGroup group = Thread.currentThread().getThreadGroup();
        while (group.getParent() != null) /* not among the program's */
            group = group.getParent();
        Thread thread = new Thread(group, () -> {
            byte[] bytes = Hypercalls.nextCall(null, false);
            try {
                if (bytes == null || new Message(bytes).kind != Message.CHECKPOINT)
                    refuse("this isolate runs a program: it has no handler");
                else if (Hypercalls.reply(Message.OK, new byte[0], 0, 0) >= 0)
                    checkpoint();
            } catch (IOException | CheckpointException | RestoreException e) {
                System.err.println(trace(e));
            }
        }, "checkpoint");
        thread.setDaemon(true);
        thread.start();
    }

    /** System.getenv's own map, which a clone fills with the new run's. */
    static final class Environment {
        private final Map<Object, Object> variables;
        private final Method name;
        private final Method value;
        /** A run without arguments in the environment that is there: most runs are, and then nothing has to be done. */
        private final byte[] unchanged;
        private boolean trial;
        private static final String[] NO_ARGUMENTS = {};
        private static final byte[] NO_BYTES = {};

        @SuppressWarnings("unchecked")
        Environment() throws ReflectiveOperationException {
            Class<?> owner = Class.forName("java.lang.ProcessEnvironment");
            Field map = owner.getDeclaredField("theEnvironment");
            map.setAccessible(true);
            variables = (Map<Object, Object>) map.get(null);
            name = accessor("java.lang.ProcessEnvironment$Variable");
            value = accessor("java.lang.ProcessEnvironment$Value");
            Method environ = owner.getDeclaredMethod("environ");
            environ.setAccessible(true);
            unchanged = Message.run((byte[][]) environ.invoke(null));
        }

        private static Method accessor(String owner) throws ReflectiveOperationException {
            Method method = Class.forName(owner).getMethod("valueOf", byte[].class);
            method.setAccessible(true);
            return method;
        }

        /** The next message is to be a run: its arguments; a trial is one without arguments that does not call main. */
        String[] takeRun(boolean rehearsal) throws IOException, ReflectiveOperationException {
            byte[] bytes = Hypercalls.nextCall(unchanged, rehearsal);
            if (bytes == null)
                throw new IOException("no run was asked for");
            String[] arguments = NO_ARGUMENTS;
            if (bytes != unchanged) {
                Message message = new Message(bytes);
                trial = message.kind == Message.TRIAL;
                if (message.kind != Message.RUN && !trial) {
                    refuse("this isolate runs a program: it has no handler");
                    throw new IOException("a call came for a program");
                }
                if (!trial)
                    arguments = takeRun(message, variables);
            }
            Hypercalls.reply(Message.OK, NO_BYTES, 0, 0); /* a rehearsal's: nobody waits for it */
            return arguments;
        }

        String[] takeRun(Message message, Map<Object, Object> variables) throws ReflectiveOperationException {
            variables.clear();
            for (byte[] variable : message.environment) {
                int equals = 0;
                while (equals < variable.length && variable[equals] != '=')
                    equals++;
                if (equals < variable.length)
                    variables.put(name.invoke(null, (Object) java.util.Arrays.copyOf(variable, equals)),
                        value.invoke(null, (Object) java.util.Arrays.copyOfRange(variable, equals + 1, variable.length)));
            }
            return message.arguments;
        }
    }

    // ---- a handler -------------------------------------------------------------------------------------------------

    /** Calls after which the program is to be saved; -1: never. */
    private int callsToWarm() {
        return at.equals("main") ? 0 : at.startsWith("call=") ? Integer.parseInt(at.substring(5)) : -1;
    }

    private void serve() throws CheckpointException, RestoreException {
        int left = callsToWarm();
        try {
            handlers.put("", Handler.of(defaultHandler, loader));
        } catch (Handler.RefusedException e) { /* as the launcher tells of a main class that is none */
            System.err.println("Error: " + e.getMessage());
            System.exit(1);
        }
        for (;;) {
            if (left-- == 0)
                checkpoint();
            byte[] bytes = Hypercalls.nextCall(null, false);
            if (bytes == null)
                return;
            if (bytes.length > 0 && bytes[0] == Message.TRIAL)
                Hypercalls.halt();
            answer(bytes);
        }
    }

    private void answer(byte[] bytes) {
        try {
            Message message = read(bytes);
            if (message.kind == Message.RUN) {
                refuse("this isolate answers calls: it has no main method to run");
                return;
            }
            Handler handler = handlers.get(message.handler);
            if (handler == null)
                handlers.put(message.handler, handler = Handler.of(message.handler, loader));
            byte[] result = message.kind == Message.CALL_JSON ? handler.callJson(message.payload)
                : handler.call(message.payload);
            if (Hypercalls.reply(Message.OK, result, 0, result.length) == -Hypercalls.EMSGSIZE)
                refuse("the answer is too large: " + result.length + " bytes");
        } catch (Handler.RefusedException e) {
            refuse(e.getMessage());
        } catch (Throwable t) {
            reply(Message.EXCEPTION, trace(t));
        }
    }

    /** The host's, whose IOException is none of the handler's. */
    private static Message read(byte[] bytes) throws Handler.RefusedException {
        try {
            return new Message(bytes);
        } catch (IOException e) {
            throw new Handler.RefusedException("the message cannot be read: " + e.getMessage());
        }
    }

    /** What can be said of an exception; after OutOfMemoryError or StackOverflowError less may be possible. */
    private static String trace(Throwable t) {
        try {
            StringWriter text = new StringWriter();
            t.printStackTrace(new PrintWriter(text));
            return text.toString();
        } catch (Throwable second) {
            return t.getClass().getName();
        }
    }

    private static void refuse(String sentence) {
        reply(Message.REFUSED, sentence);
    }

    /** Texts that are too long for an answer are cut far below that: after OutOfMemoryError there is little room. */
    private static void reply(int status, String text) {
        int rest = text.length() - LONGEST_TEXT;
        String said = rest <= 0 ? text : text.substring(0, LONGEST_TEXT) + "... and " + rest + " characters more\n";
        byte[] bytes = said.getBytes(StandardCharsets.UTF_8);
        Hypercalls.reply(status, bytes, 0, bytes.length);
    }
}
