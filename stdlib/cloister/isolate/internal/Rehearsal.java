package cloister.isolate.internal;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.FileOutputStream;
import java.io.InputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.URI;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Scanner;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What most programs do in their first moments, done once before the VM is saved, so that its clones find classes loaded and
 * code resolved. Nothing of it can be seen by a program: it prints to nobody, and starts no thread without a name.
 */
final class Rehearsal {
    private Rehearsal() { }

    private interface Part {
        void play() throws Exception;
    }

    /** A part that fails is no loss: the program will do without. */
    private static void play(Part part) {
        try {
            part.play();
        } catch (Exception | LinkageError e) {
            Engine.note("rehearsal: " + e);
        }
    }

    static void run() {
        for (int round = 0; round < 2; round++) { /* the second one resolves what the first one has linked */
            play(Rehearsal::texts);
            play(Rehearsal::streams);
            play(Rehearsal::collections);
            play(Rehearsal::jars);
            play(Rehearsal::messages);
            play(Rehearsal::failures);
            play(Rehearsal::threads);
        }
    }

    private static void texts() {
        int number = Runtime.getRuntime().availableProcessors();
        Object object = number;
        String text = "a" + number + "b" + object + 'c' + 1.5 * number + "d" + (long) number + (number > 0);
        text = text + " " + String.join(",", "a", text) + object;
        text = "one " + text;
        text = text + " two";
        text = "x" + number;
        text = number + "x";
        text = text + number;
        text = text + text;
        text = "x" + text + "y" + text;
        text = String.format("%s %5d %-4s %.3f %x %c%n", text, number, object, 1.25, number, 'c');
        text = text.strip().toUpperCase().replace("A", "b").replaceAll("[0-9]+", "n").split(" ")[0];
        PrintStream out = new PrintStream(new ByteArrayOutputStream(), true);
        out.println(text);
        out.print(number);
        out.printf("%d %s%n", number, text);
        out.println(1.5);
        out.println(object);
        out.println();
        out.println('c');
        out.println(3L);
        Integer.parseInt("12");
        Double.parseDouble("1.5");
        new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8);
        try (Scanner scanner = new Scanner("12 word")) {
            scanner.nextInt();
            scanner.next();
        }
    }

    private static void streams() throws Exception {
        InputStream in = new ByteArrayInputStream(new byte[100]);
        in.transferTo(new ByteArrayOutputStream());
        System.in.available();
        try (PrintStream out = new PrintStream(new FileOutputStream("/dev/null"), true)) { /* binds the native write */
            out.println("x");
        }
        System.out.flush();
        System.err.flush();
        try (InputStream file = new java.io.FileInputStream(new File(System.getProperty("java.home"), "release"))) {
            file.readAllBytes();
        }
        java.nio.file.Files.readAllLines(java.nio.file.Path.of(System.getProperty("java.home"), "release"));
    }

    private static void collections() {
        List<Integer> list = new ArrayList<>(List.of(3, 1, 2));
        Map<String, Integer> map = new TreeMap<>(Map.of("a", 1, "b", 2));
        Function<Integer, Integer> twice = n -> 2 * n;
        list.sort(null);
        list.forEach(n -> map.merge("c", n, Integer::sum));
        map.computeIfAbsent("d", String::length);
        Stream.of(1, 2, 3).map(twice).filter(n -> n > 2).sorted().collect(Collectors.toList());
        list.stream().mapToInt(Integer::intValue).sum();
        map.entrySet().stream().map(e -> e.getKey() + e.getValue()).collect(Collectors.joining(","));
        java.util.Arrays.asList(1, 2).toString();
        for (Object key : new java.util.IdentityHashMap<>(map).keySet()) /* as the hooks at the end are walked */
            key.hashCode();
        java.util.Optional.of(1).map(twice).orElse(0);
        new java.util.concurrent.ConcurrentHashMap<>(map).toString();
    }

    /** A class path's jars: the system's own loader opens them with the same code. */
    private static void jars() throws Exception {
        URL jar = new File(System.getProperty("java.home"), "lib/cloister.jar").toURI().toURL();
        try (URLClassLoader loader = new URLClassLoader(new URL[] {jar}, null)) {
            loader.loadClass("cloister.isolate.Checkpoint").getProtectionDomain();
            try (InputStream manifest = loader.getResourceAsStream("META-INF/MANIFEST.MF")) {
                manifest.readAllBytes();
            }
        }
        URI.create("file:///nowhere").toURL().openConnection();
    }

    private static void failures() {
        try {
            throw new IllegalStateException("rehearsed", new RuntimeException("cause"));
        } catch (IllegalStateException e) {
            StringWriter text = new StringWriter();
            e.printStackTrace(new PrintWriter(text, true));
            e.printStackTrace(new PrintStream(new ByteArrayOutputStream()));
        }
    }

    /** The messages that a clone gets: a program, then a run. */
    private static void messages() throws Exception {
        byte[] program = {'P', 0, 0, 0, 1, 'p', 0, 0, 0, 4, 'm', 'a', 'i', 'n', 0, 0, 0, 1, 'C', 0, 0, 0, 0};
        byte[] run = {'R', 0, 0, 0, 1, 0, 0, 0, 1, 'a', 0, 0, 0, 1, 0, 0, 0, 3, 'A', '=', 'b'};
        new Message(program);
        new Start.Environment().takeRun(new Message(run), new java.util.HashMap<>()); /* nobody's map */
        Start.setCommand("java", System.getProperty("sun.java.command").split(" "));
    }

    private static void threads() throws InterruptedException {
        Thread thread = new Thread(() -> { }, "rehearsal");
        thread.start();
        thread.join();
        Thread hook = new Thread(() -> { }, "rehearsal");
        Runtime.getRuntime().addShutdownHook(hook);
        Runtime.getRuntime().removeShutdownHook(hook);
    }
}
