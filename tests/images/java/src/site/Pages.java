package site;

import com.google.gson.Gson;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.StringReader;
import java.io.StringWriter;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.MessageDigest;
import java.security.Signature;
import java.text.NumberFormat;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.time.format.FormatStyle;
import java.util.Collections;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Map;
import java.util.ResourceBundle;
import java.util.ServiceLoader;
import java.util.TreeMap;
import java.util.prefs.Preferences;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import java.util.zip.ZipOutputStream;
import javax.crypto.Cipher;
import javax.crypto.KeyGenerator;
import javax.crypto.SecretKey;
import javax.imageio.ImageIO;
import javax.management.ObjectName;
import javax.xml.transform.TransformerFactory;
import javax.xml.transform.stream.StreamResult;
import javax.xml.transform.stream.StreamSource;
import text.Greeter;

/** The pages beside the first one. */
final class Pages {
    private static final Instant THEN = Instant.ofEpochSecond(1_700_000_000);

    static final Map<String, Main.Page> ALL = new TreeMap<>();

    static {
        ALL.put("greet", query -> greet(query.get("language")));
        ALL.put("time", query -> DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm zzz", Locale.ENGLISH)
                .format(THEN.atZone(ZoneId.of(query.get("zone")))));
        ALL.put("zone", query -> ZoneId.systemDefault().getId());
        ALL.put("locale", query -> locale(Locale.forLanguageTag(query.get("tag"))));
        ALL.put("charset", query -> HexFormat.of().formatHex("日本".getBytes(query.get("name"))));
        ALL.put("zip", query -> zip());
        ALL.put("xml", query -> xml());
        ALL.put("digest", query -> HexFormat.of().formatHex(
                MessageDigest.getInstance(query.get("algorithm")).digest("slim".getBytes(StandardCharsets.UTF_8))));
        ALL.put("sign", query -> sign(query.get("key"), query.get("algorithm")));
        ALL.put("cipher", query -> cipher());
        ALL.put("authorities", query -> Boolean.toString(Tls.authorities() > 100));
        ALL.put("secure", query -> secure());
        ALL.put("refused", query -> refused());
        ALL.put("beans", query -> ManagementFactory.getPlatformMBeanServer()
                .getAttribute(new ObjectName("java.lang:type=Runtime"), "SpecVersion").toString());
        ALL.put("load", query -> Boolean.toString(((com.sun.management.OperatingSystemMXBean)
                ManagementFactory.getOperatingSystemMXBean()).getTotalMemorySize() > 0));
        ALL.put("heap", query -> heap());
        ALL.put("preferences", query -> preferences());
        ALL.put("run", query -> run());
        ALL.put("json", query -> new Gson().toJson(Map.of("a", new int[] {1, 2})));
        ALL.put("names", query -> InetAddress.getByName("localhost").getHostAddress() + " "
                + Collections.list(NetworkInterface.getNetworkInterfaces()).stream().anyMatch(n -> n.getName().equals("lo")));
        ALL.put("owner", query -> Files.getOwner(Path.of("/etc/passwd")) + " " + Files.probeContentType(Path.of("a.png")));
        ALL.put("watch", query -> watch());
        ALL.put("picture", query -> picture(query.get("format")));
        ALL.put("colour", query -> colour());
        ALL.put("random", query -> Integer.toString(java.security.SecureRandom.getInstanceStrong().generateSeed(4).length));
        ALL.put("currency", query -> java.util.Currency.getInstance(Locale.JAPAN).getSymbol(Locale.JAPAN));
        ALL.put("sql", query -> new java.sql.Timestamp(0).toInstant().toString());
        ALL.put("broken", query -> Integer.toString(1 / Integer.parseInt("0")));
    }

    private Pages() {}

    private static String greet(String language) {
        for (Greeter greeter : ServiceLoader.load(Greeter.class)) {
            if (greeter.language().equals(language)) {
                return greeter.greet("world");
            }
        }
        throw new IllegalArgumentException("nobody speaks " + language);
    }

    private static String locale(Locale locale) {
        String text = ResourceBundle.getBundle("site.Messages", locale).getString("hello");
        String date = DateTimeFormatter.ofLocalizedDate(FormatStyle.LONG).withLocale(locale)
                .format(THEN.atZone(ZoneId.of("UTC")));
        return text + "|" + NumberFormat.getCurrencyInstance(locale).format(1234.5) + "|" + date;
    }

    private static String zip() throws Exception {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ZipOutputStream out = new ZipOutputStream(bytes)) {
            out.putNextEntry(new ZipEntry("name.txt"));
            out.write("content".repeat(100).getBytes(StandardCharsets.UTF_8));
        }
        try (ZipInputStream in = new ZipInputStream(new ByteArrayInputStream(bytes.toByteArray()))) {
            return in.getNextEntry().getName() + " " + in.readAllBytes().length;
        }
    }

    private static String xml() throws Exception {
        StringWriter out = new StringWriter();
        TransformerFactory.newInstance()
                .newTransformer(new StreamSource(Pages.class.getResourceAsStream("list.xsl")))
                .transform(new StreamSource(new StringReader("<list><item>b</item><item>a</item></list>")),
                        new StreamResult(out));
        return out.toString();
    }

    private static String sign(String key, String algorithm) throws Exception {
        KeyPair pair = KeyPairGenerator.getInstance(key).generateKeyPair();
        Signature signature = Signature.getInstance(algorithm);
        signature.initSign(pair.getPrivate());
        signature.update(new byte[] {1, 2, 3});
        byte[] signed = signature.sign();
        signature.initVerify(pair.getPublic());
        signature.update(new byte[] {1, 2, 3});
        return Boolean.toString(signature.verify(signed));
    }

    private static String cipher() throws Exception {
        KeyGenerator generator = KeyGenerator.getInstance("AES");
        generator.init(256);
        SecretKey key = generator.generateKey();
        Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
        cipher.init(Cipher.ENCRYPT_MODE, key);
        return Integer.toString(cipher.doFinal(new byte[10]).length);
    }

    private static String secure() throws Exception {
        HttpRequest request = HttpRequest.newBuilder(URI.create("https://localhost:8443/greet?language=fr")).build();
        HttpResponse<String> answer = Tls.client().send(request, HttpResponse.BodyHandlers.ofString());
        return answer.body() + " over " + answer.sslSession().orElseThrow().getProtocol();
    }

    private static String refused() throws Exception {
        HttpRequest request = HttpRequest.newBuilder(URI.create("https://localhost:8443/")).build();
        try {
            java.net.http.HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString());
            return "accepted";
        } catch (javax.net.ssl.SSLHandshakeException refused) {
            return "refused";
        }
    }

    private static String heap() throws Exception {
        Path file = Files.createTempDirectory("heap").resolve("dump.hprof");
        ManagementFactory.getPlatformMXBean(com.sun.management.HotSpotDiagnosticMXBean.class)
                .dumpHeap(file.toString(), true);
        return Boolean.toString(Files.size(file) > 100_000);
    }

    private static String preferences() throws Exception {
        Preferences node = Preferences.userRoot().node("site");
        node.put("colour", "green");
        node.flush();
        return node.get("colour", "none");
    }

    private static String run() throws Exception {
        Process process = new ProcessBuilder("sha1sum", "site.p12").start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return process.waitFor() + " " + said.indexOf(' ');
    }

    private static String watch() throws Exception {
        Path folder = Files.createTempDirectory("watch");
        try (var service = folder.getFileSystem().newWatchService()) {
            folder.register(service, java.nio.file.StandardWatchEventKinds.ENTRY_CREATE);
            Files.writeString(folder.resolve("new"), "x");
            return service.poll(10, java.util.concurrent.TimeUnit.SECONDS).pollEvents().get(0).context().toString();
        }
    }

    private static String picture(String format) throws Exception {
        BufferedImage picture = new BufferedImage(20, 10, BufferedImage.TYPE_INT_RGB);
        Graphics2D graphics = picture.createGraphics();
        graphics.setColor(Color.RED);
        graphics.rotate(0.3);
        graphics.fillOval(2, 2, 9, 7);
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        boolean written = ImageIO.write(picture, format, bytes);
        return written + " " + ImageIO.read(new ByteArrayInputStream(bytes.toByteArray())).getWidth();
    }

    private static String colour() {
        float[] turned = java.awt.color.ColorSpace.getInstance(java.awt.color.ColorSpace.CS_CIEXYZ).fromRGB(new float[] {1, 1, 1});
        return Integer.toString(turned.length);
    }
}
