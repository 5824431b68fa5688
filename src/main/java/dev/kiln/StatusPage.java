package dev.kiln;

import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerResponse;
import java.io.IOException;
import java.io.InputStream;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Properties;
import java.util.Set;

/**
 * The files of the status page, read once. They are the same for everybody; what they show comes
 * from {@link StatusStream}. Immutable.
 */
final class StatusPage {
  private static final String OURS = "/dev/kiln/status/page/";
  private static final String PLOT = "/META-INF/maven/org.webjars.npm/uplot/pom.properties";

  /** Nothing from elsewhere, nothing inline, in nobody's frame. */
  private static final String POLICY =
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self';"
          + " base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

  private record File(String type, Buffer content) {}

  private final Map<String, File> files = new LinkedHashMap<>();

  StatusPage() {
    ours("index.html", "text/html; charset=utf-8");
    ours("status.css", "text/css; charset=utf-8");
    ours("status.js", "text/javascript; charset=utf-8");
    ours("kiln.svg", "image/svg+xml");
    String plot = "/META-INF/resources/webjars/uplot/" + version() + "/dist/";
    add("uPlot.esm.js", "text/javascript; charset=utf-8", plot + "uPlot.esm.js");
    add("uPlot.min.css", "text/css; charset=utf-8", plot + "uPlot.min.css");
  }

  private static String version() {
    Properties plot = new Properties();
    try (InputStream in = resource(PLOT)) {
      plot.load(in);
    } catch (IOException unreadable) {
      throw new IllegalStateException("The plots' library cannot be read.", unreadable);
    }
    return plot.getProperty("version");
  }

  private void ours(String name, String type) {
    add(name, type, OURS + name);
  }

  private void add(String name, String type, String resource) {
    try (InputStream in = resource(resource)) {
      files.put(name, new File(type, Buffer.buffer(in.readAllBytes())));
    } catch (IOException unreadable) {
      throw new IllegalStateException(resource + " cannot be read.", unreadable);
    }
  }

  private static InputStream resource(String name) {
    InputStream in = StatusPage.class.getResourceAsStream(name);
    if (in == null) {
      throw new IllegalStateException(name + " is missing from the jar.");
    }
    return in;
  }

  /** Answers the page. */
  void index(HttpCall call) throws HttpRefusal {
    answer(call, "index.html");
  }

  /** Answers a file of the page. */
  void file(HttpCall call) throws HttpRefusal {
    answer(call, call.segment());
  }

  private void answer(HttpCall call, String name) throws HttpRefusal {
    call.parameters(Set.of());
    File file = files.get(name);
    if (file == null) {
      throw new HttpRefusal(404, "the status page has no such file");
    }
    HttpServerResponse response = call.request().response();
    response
        .putHeader("Content-Type", file.type)
        .putHeader("Content-Security-Policy", POLICY)
        .putHeader("X-Content-Type-Options", "nosniff")
        .putHeader("Referrer-Policy", "no-referrer")
        .putHeader("Cache-Control", "no-cache");
    Future<Void> unused = response.end(file.content);
  }
}
