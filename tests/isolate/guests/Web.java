import com.sun.net.httpserver.HttpServer;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.concurrent.atomic.AtomicInteger;

/** Answers requests with their path and how many there were; "port": prints one that is free. */
public class Web {
    public static void main(String[] arguments) throws Exception {
        if (arguments[0].equals("port")) {
            try (ServerSocket socket = new ServerSocket(0)) {
                System.out.println(socket.getLocalPort());
            }
            return;
        }
        AtomicInteger count = new AtomicInteger();
        HttpServer server = HttpServer.create(new InetSocketAddress(Integer.parseInt(arguments[0])), 0);
        server.createContext("/", exchange -> {
            String path = exchange.getRequestURI().getPath();
            byte[] answer = (path + " " + count.incrementAndGet() + " ").getBytes();
            exchange.sendResponseHeaders(path.equals("/missing") ? 404 : 200, answer.length);
            exchange.getResponseBody().write(answer);
            exchange.close();
        });
        server.start();
    }
}
