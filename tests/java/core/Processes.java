import java.io.*;
import java.nio.file.*;
import java.util.*;
import java.util.concurrent.TimeUnit;

/* Processes: output, input, environment, exit codes, pipelines, signals. */
public class Processes {
    static String text(InputStream in) throws IOException { return new String(in.readAllBytes()).trim(); }
    static Process sh(String script) throws IOException { return new ProcessBuilder("/bin/sh", "-c", script).start(); }
    public static void main(String[] args) throws Exception {
        Process p = new ProcessBuilder("echo", "hello", "two words").start();
        System.out.println(text(p.getInputStream()) + " " + p.waitFor() + " " + p.exitValue() + " " + p.isAlive());
        p = sh("echo out; echo err >&2; exit 7");
        System.out.println(text(p.getInputStream()) + " " + text(p.getErrorStream()) + " " + p.waitFor());
        p = new ProcessBuilder("cat").start();
        try (Writer w = p.outputWriter()) { w.write("through the pipe\n"); }
        System.out.println(text(p.getInputStream()) + " " + p.waitFor());
        ProcessBuilder b = new ProcessBuilder("/bin/sh", "-c", "echo $MY_VAR; pwd; echo e >&2").directory(new File("/tmp")).redirectErrorStream(true);
        b.environment().put("MY_VAR", "from java");
        p = b.start();
        System.out.println(text(p.getInputStream()).replace('\n', '|') + " " + p.waitFor());
        Path f = Files.createTempFile("process", ".txt");
        p = new ProcessBuilder("/bin/sh", "-c", "echo to file").redirectOutput(f.toFile()).start();
        p.waitFor();
        p = new ProcessBuilder("/bin/sh", "-c", "echo appended").redirectOutput(ProcessBuilder.Redirect.appendTo(f.toFile())).start();
        p.waitFor();
        p = new ProcessBuilder("wc", "-l").redirectInput(f.toFile()).start();
        System.out.println(Files.readAllLines(f) + " " + text(p.getInputStream()));
        Files.delete(f);
        try { new ProcessBuilder("/no/such/program", "x").start(); } catch (IOException e) { System.out.println(e.getMessage()); }
        try { new ProcessBuilder("true").directory(new File("/no/such/dir")).start(); } catch (IOException e) { System.out.println(e.getMessage()); }
        p = sh("sleep 60");
        try { p.exitValue(); } catch (IllegalThreadStateException e) { System.out.println(e.getMessage()); }
        System.out.println(p.waitFor(20, TimeUnit.MILLISECONDS) + " " + p.isAlive());
        p.destroy();
        System.out.println(p.waitFor() + " " + p.isAlive());
        p = sh("sleep 60");
        System.out.println(p.destroyForcibly().waitFor());
        List<Process> line = ProcessBuilder.startPipeline(List.of(new ProcessBuilder("printf", "c\\na\\nb\\n"), new ProcessBuilder("sort"), new ProcessBuilder("head", "-2")));
        System.out.println(text(line.get(2).getInputStream()).replace('\n', ','));
        p = sh("exit 3");
        System.out.println(p.onExit().thenApply(Process::exitValue).get());
        ProcessHandle self = ProcessHandle.current();
        System.out.println(self.isAlive() + " " + (self.pid() > 0) + " " + self.info().command().isPresent() + " " + (self.parent().isPresent() || self.pid() == 1) + " " + ProcessHandle.of(self.pid()).get().equals(self) + " " + self.compareTo(self));
        p = sh("sleep 60");
        System.out.println(p.toHandle().isAlive() + " " + self.children().anyMatch(h -> true) + " " + p.supportsNormalTermination() + " " + p.toHandle().destroyForcibly());
        System.out.println(p.waitFor());
        try { self.destroy(); } catch (IllegalStateException e) { System.out.println(e.getMessage()); }
        StringBuilder big = new StringBuilder();
        for (int i = 0; i < 20000; i++) big.append("line ").append(i).append('\n');
        Process cat = new ProcessBuilder("cat").start();
        Thread feed = new Thread(() -> { try (OutputStream o = cat.getOutputStream()) { o.write(big.toString().getBytes()); } catch (IOException e) { e.printStackTrace(); } });
        feed.start();
        System.out.println(new BufferedReader(new InputStreamReader(cat.getInputStream())).lines().count());
        feed.join();
        @SuppressWarnings("deprecation") Process q = Runtime.getRuntime().exec("echo one  two");
        System.out.println(text(q.getInputStream()));
        q = Runtime.getRuntime().exec(new String[] {"/bin/sh", "-c", "echo $A$B"}, new String[] {"A=1", "B=2"});
        System.out.println(text(q.getInputStream()));
        Runtime.getRuntime().addShutdownHook(new Thread(() -> System.out.println("hook")));
        System.exit(5);
    }
}
