import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import javax.servlet.http.HttpServlet;
import javax.servlet.http.HttpServletRequest;
import javax.servlet.http.HttpServletResponse;
import javax.servlet.http.HttpSession;
import org.apache.catalina.Context;
import org.apache.catalina.startup.Tomcat;

/** An embedded Tomcat with three servlets on a port of the loopback interface: FOLDER [PORT]. */
public class WebServer {
    public static void main(String[] args) throws Exception {
        Path base = Path.of(args[0]);
        Files.createDirectories(base.resolve("webapps"));
        Tomcat tomcat = new Tomcat();
        tomcat.setBaseDir(base.toString());
        tomcat.setPort(args.length > 1 ? Integer.parseInt(args[1]) : 0);
        tomcat.getConnector().setProperty("address", "127.0.0.1");
        Context context = tomcat.addContext("/app", new File(args[0]).getAbsolutePath());
        Tomcat.addServlet(context, "count", new Count());
        context.addServletMappingDecoded("/count", "count");
        Tomcat.addServlet(context, "echo", new Echo());
        context.addServletMappingDecoded("/echo", "echo");
        Tomcat.addServlet(context, "fail", new Fail());
        context.addServletMappingDecoded("/fail", "fail");
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            try {
                tomcat.stop();
                System.out.println("stopped");
            } catch (Exception e) {
                System.out.println("stop failed: " + e);
            }
        }));
        tomcat.start();
        Path port = base.resolve("port.new");
        Files.writeString(port, String.valueOf(tomcat.getConnector().getLocalPort()));
        Files.move(port, base.resolve("port"));
        tomcat.getServer().await();
    }

    static class Count extends HttpServlet {
        @Override
        protected void doGet(HttpServletRequest request, HttpServletResponse response) throws IOException {
            HttpSession session = request.getSession();
            Integer n = (Integer) session.getAttribute("n");
            session.setAttribute("n", n == null ? 1 : n + 1);
            response.getWriter().println("request " + request.getParameter("n") + " visit " + session.getAttribute("n"));
        }
    }

    static class Echo extends HttpServlet {
        @Override
        protected void doPost(HttpServletRequest request, HttpServletResponse response) throws IOException {
            request.setCharacterEncoding("UTF-8");
            response.setContentType("text/plain; charset=UTF-8");
            response.getWriter().println("hello " + request.getParameter("name"));
        }
    }

    static class Fail extends HttpServlet {
        @Override
        protected void doGet(HttpServletRequest request, HttpServletResponse response) {
            throw new IllegalStateException("on purpose");
        }
    }
}
