import java.io.*;
import java.net.*;
import java.nio.ByteBuffer;
import java.nio.channels.*;
import java.nio.charset.StandardCharsets;
import java.util.*;
import java.util.concurrent.*;

/* TCP and UDP on the loopback interface: blocking, non-blocking, asynchronous, HTTP. */
public class Sockets {
    static void plain() throws Exception {
        try (ServerSocket ss = new ServerSocket(0, 10, InetAddress.getLoopbackAddress())) {
            Thread server = new Thread(() -> {
                for (int i = 0; i < 2; i++)
                    try (Socket s = ss.accept(); BufferedReader r = new BufferedReader(new InputStreamReader(s.getInputStream())); PrintWriter w = new PrintWriter(s.getOutputStream(), true)) {
                        for (String line; (line = r.readLine()) != null && !line.equals("bye"); ) w.println("echo " + line);
                    } catch (IOException e) { System.out.println(e); }
            });
            server.start();
            for (int i = 0; i < 2; i++)
                try (Socket s = new Socket(ss.getInetAddress(), ss.getLocalPort())) {
                    s.setTcpNoDelay(true); s.setSoTimeout(5000); s.setKeepAlive(true);
                    PrintWriter w = new PrintWriter(s.getOutputStream(), true);
                    BufferedReader r = new BufferedReader(new InputStreamReader(s.getInputStream()));
                    w.println("hi " + i); System.out.print(r.readLine() + " "); w.println("bye");
                    System.out.println(r.readLine() + " " + s.isConnected() + " " + s.getTcpNoDelay() + " " + s.getInetAddress().isLoopbackAddress() + " " + (s.getPort() == ss.getLocalPort()));
                }
            server.join();
            ss.setSoTimeout(20);
            try { ss.accept(); } catch (SocketTimeoutException e) { System.out.println(e.getMessage()); }
            try (Socket s = new Socket(ss.getInetAddress(), ss.getLocalPort()); Socket t = ss.accept()) {
                s.setSoTimeout(20);
                try { s.getInputStream().read(); } catch (SocketTimeoutException e) { System.out.println(e.getMessage()); }
                t.shutdownOutput();
                System.out.println(s.getInputStream().read() + " " + t.isOutputShutdown());
            }
        }
        int free;
        try (ServerSocket ss = new ServerSocket(0)) { free = ss.getLocalPort(); try { new ServerSocket(free); } catch (BindException e) { System.out.println(e.getMessage()); } }
        try { new Socket("127.0.0.1", free); } catch (ConnectException e) { System.out.println(e.getMessage()); }
        ServerSocket closing = new ServerSocket(0);
        Thread closer = new Thread(() -> { try { Thread.sleep(50); closing.close(); } catch (Exception e) { System.out.println(e); } });
        closer.start();
        try { closing.accept(); } catch (SocketException e) { System.out.println(e.getMessage()); }
        closer.join();
    }
    static void udp() throws Exception {
        try (DatagramSocket a = new DatagramSocket(0, InetAddress.getLoopbackAddress()); DatagramSocket b = new DatagramSocket(0, InetAddress.getLoopbackAddress())) {
            a.send(new DatagramPacket("packet".getBytes(), 6, b.getLocalSocketAddress()));
            DatagramPacket p = new DatagramPacket(new byte[100], 100);
            b.receive(p);
            System.out.println(new String(p.getData(), 0, p.getLength()) + " " + (p.getPort() == a.getLocalPort()));
        }
    }
    static void selector() throws Exception {
        try (Selector sel = Selector.open(); ServerSocketChannel ssc = ServerSocketChannel.open()) {
            ssc.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0)).configureBlocking(false);
            ssc.register(sel, SelectionKey.OP_ACCEPT);
            System.out.println(sel.selectNow() + " " + sel.keys().size());
            SocketAddress address = ssc.getLocalAddress();
            FutureTask<String> client = new FutureTask<>(() -> {
                try (SocketChannel c = SocketChannel.open(address)) {
                    c.write(ByteBuffer.wrap("selected".getBytes()));
                    ByteBuffer in = ByteBuffer.allocate(100);
                    while (in.position() < 8 && c.read(in) >= 0) { }
                    return new String(in.array(), 0, in.position());
                }
            });
            new Thread(client).start();
            boolean done = false;
            while (!done) {
                sel.select(5000);
                for (Iterator<SelectionKey> it = sel.selectedKeys().iterator(); it.hasNext(); it.remove()) {
                    SelectionKey k = it.next();
                    if (k.isAcceptable()) { SocketChannel s = ssc.accept(); s.configureBlocking(false); s.register(sel, SelectionKey.OP_READ, ByteBuffer.allocate(100)); }
                    else if (k.isReadable()) {
                        ByteBuffer b = (ByteBuffer) k.attachment();
                        int n = ((SocketChannel) k.channel()).read(b);
                        if (n < 0) { k.channel().close(); done = true; }
                        else if (b.position() == 8) { byte[] rev = new StringBuilder(new String(b.array(), 0, 8)).reverse().toString().getBytes(); ((SocketChannel) k.channel()).write(ByteBuffer.wrap(rev)); }
                    }
                }
            }
            System.out.println(client.get());
            Thread waker = new Thread(sel::wakeup);
            waker.start();
            System.out.println(sel.select(10000));
            waker.join();
        }
        Pipe pipe = Pipe.open();
        pipe.sink().write(ByteBuffer.wrap("pipe".getBytes()));
        ByteBuffer b = ByteBuffer.allocate(4);
        System.out.println(pipe.source().read(b) + " " + new String(b.array()));
        try (AsynchronousServerSocketChannel as = AsynchronousServerSocketChannel.open().bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0)); AsynchronousSocketChannel ac = AsynchronousSocketChannel.open()) {
            Future<AsynchronousSocketChannel> accepted = as.accept();
            ac.connect(as.getLocalAddress()).get();
            System.out.print(ac.write(ByteBuffer.wrap("async".getBytes())).get() + " ");
            ByteBuffer in = ByteBuffer.allocate(5);
            System.out.println(accepted.get().read(in).get() + " " + new String(in.array()));
        }
    }
    static void http() throws Exception {
        com.sun.net.httpserver.HttpServer h = com.sun.net.httpserver.HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        h.createContext("/", ex -> { byte[] r = ("you asked " + ex.getRequestMethod() + " " + ex.getRequestURI() + " " + new String(ex.getRequestBody().readAllBytes())).getBytes(); ex.getResponseHeaders().add("X-Test", "yes"); ex.sendResponseHeaders(ex.getRequestURI().getPath().equals("/missing") ? 404 : 200, r.length); ex.getResponseBody().write(r); ex.close(); });
        h.start();
        String base = "http://127.0.0.1:" + h.getAddress().getPort();
        HttpURLConnection c = (HttpURLConnection) new URL(base + "/page?q=1").openConnection(Proxy.NO_PROXY);
        System.out.println(c.getResponseCode() + " " + c.getHeaderField("X-Test") + " " + new String(c.getInputStream().readAllBytes(), StandardCharsets.UTF_8));
        java.net.http.HttpClient hc = java.net.http.HttpClient.newBuilder().proxy(java.net.http.HttpClient.Builder.NO_PROXY).build();
        var resp = hc.send(java.net.http.HttpRequest.newBuilder(URI.create(base + "/missing")).POST(java.net.http.HttpRequest.BodyPublishers.ofString("body")).build(), java.net.http.HttpResponse.BodyHandlers.ofString());
        System.out.println(resp.statusCode() + " " + resp.body() + " " + resp.version());
        h.stop(0);
    }
    public static void main(String[] args) throws Exception {
        plain(); udp(); selector(); http();
        System.out.println(InetAddress.getByName("127.0.0.1") + " " + InetAddress.getByAddress(new byte[] {10, 0, 0, 1}).isSiteLocalAddress() + " " + InetAddress.getByName("::1") + " " + new InetSocketAddress("127.0.0.1", 80) + " " + URI.create("http://u@h:8/p/../q?x#f").normalize() + " " + new URI("a", null, "/b c/é", "f").toASCIIString() + " " + new URL("https://x.org:1/p?q").getPort() + " " + NetworkInterface.getByInetAddress(InetAddress.getLoopbackAddress()).isLoopback());
        try { new URI("bad uri"); } catch (URISyntaxException e) { System.out.println(e.getMessage()); }
        try { new URL("nope:x"); } catch (MalformedURLException e) { System.out.println(e.getMessage()); }
    }
}
