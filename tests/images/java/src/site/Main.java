package site;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.logging.Level;
import java.util.logging.Logger;

/** A site of which every page uses another part of the class library; pages are commands as well. */
public final class Main {
    private static final Logger LOG = Logger.getLogger("site");

    private Main() {}

    /** One page: from its query to its text. */
    interface Page {
        String show(Map<String, String> query) throws Exception;
    }

    public static void main(String[] arguments) throws Exception {
        if (!arguments[0].equals("serve")) {
            System.out.println(answer(arguments[0], arguments.length > 1 ? query(arguments[1]) : Map.of()));
            return;
        }
        HttpServer plain = HttpServer.create(new InetSocketAddress(8000), 0);
        start(plain);
        HttpsServer secure = HttpsServer.create(new InetSocketAddress(8443), 0);
        secure.setHttpsConfigurator(new HttpsConfigurator(Tls.context()));
        start(secure);
        LOG.info("ready");
    }

    private static void start(HttpServer server) {
        server.createContext("/", Main::handle);
        server.setExecutor(Executors.newFixedThreadPool(4));
        server.start();
    }

    private static void handle(HttpExchange exchange) {
        int status = 200;
        String text;
        try {
            text = answer(exchange.getRequestURI().getPath().substring(1), query(exchange.getRequestURI().getQuery()));
        } catch (IllegalArgumentException wrong) {
            status = 404;
            text = wrong.getMessage();
        } catch (Throwable broken) {
            LOG.log(Level.SEVERE, "broken: " + broken, broken);
            status = 500;
            text = broken.toString();
        }
        byte[] body = text.getBytes(StandardCharsets.UTF_8);
        try (OutputStream out = exchange.getResponseBody()) {
            exchange.getResponseHeaders().set("Content-Type", "text/plain; charset=utf-8");
            exchange.sendResponseHeaders(status, body.length);
            out.write(body);
        } catch (java.io.IOException gone) {
            LOG.log(Level.WARNING, "the client went away", gone);
        }
    }

    private static String answer(String page, Map<String, String> query) throws Exception {
        if (page.isEmpty()) {
            return java.util.ResourceBundle.getBundle("site.Messages", Locale.ROOT).getString("hello");
        }
        Page found = Pages.ALL.get(page);
        if (found == null) {
            throw new IllegalArgumentException("no such page: " + page);
        }
        return found.show(query);
    }

    private static Map<String, String> query(String text) {
        Map<String, String> found = new HashMap<>();
        for (String pair : text == null ? new String[0] : text.split("&")) {
            String[] parts = pair.split("=", 2);
            found.put(parts[0], parts.length > 1 ? parts[1] : "");
        }
        return found;
    }
}
