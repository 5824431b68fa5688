package dev.kiln;

import static dev.kiln.RunningKiln.INBOUND;
import static dev.kiln.RunningKiln.leads;
import static dev.kiln.RunningKiln.soon;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.kiln.lead.InvalidConfiguration;
import dev.kiln.ledger.LeadState;
import dev.kiln.ledger.LedgerView.RunAccount;
import dev.kiln.ledger.Watermark;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.ResourceLock;

/** Leads that are fetched: the shipped template, against a server of the test's own. */
@ResourceLock(RunningKiln.MANAGED)
final class PollTest {
  private static final String TOKEN = "Bearer t0ken-of-the-source";
  private static final String KEY = "k3y-in-the-url";

  /** A page as the server has it; one with an ETag is answered 304 to whoever has it. */
  private record Page(int status, Map<String, String> headers, String body) {
    static Page of(String body, String... headers) {
      Map<String, String> given = new ConcurrentHashMap<>();
      for (int i = 0; i < headers.length; i += 2) {
        given.put(headers[i], headers[i + 1]);
      }
      return new Page(200, given, body);
    }
  }

  private record Asked(String path, Headers headers) {
    String header(String name) {
      return String.valueOf(headers.getFirst(name));
    }
  }

  private final Map<String, Page> pages = new ConcurrentHashMap<>();
  private final List<Asked> asked = new CopyOnWriteArrayList<>();
  private HttpServer server;
  private RunningKiln kiln;

  @BeforeEach
  void prepare(@TempDir Path folder) throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/", this::answer);
    server.start();
    kiln = new RunningKiln(folder);
    Path secrets = Files.createDirectories(kiln.places().secrets());
    Files.writeString(secrets.resolve("crm-url"), url("/leads?key=" + KEY));
    Files.writeString(secrets.resolve("crm-token"), TOKEN + "\n");
  }

  @AfterEach
  void close() {
    kiln.close();
    server.stop(0);
  }

  private String url(String path) {
    return "http://127.0.0.1:" + server.getAddress().getPort() + path;
  }

  private void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      String path = exchange.getRequestURI().toString().replaceAll("[?&]key=" + KEY, "");
      asked.add(new Asked(path, exchange.getRequestHeaders()));
      Page page = pages.getOrDefault(path, new Page(404, Map.of(), ""));
      page.headers().forEach(exchange.getResponseHeaders()::set);
      String etag = page.headers().get("ETag");
      String modified = page.headers().get("Last-Modified");
      Headers wanted = exchange.getRequestHeaders();
      if ((etag != null && etag.equals(wanted.getFirst("If-None-Match")))
          || (modified != null && modified.equals(wanted.getFirst("If-Modified-Since")))) {
        exchange.sendResponseHeaders(304, -1);
        return;
      }
      byte[] body = page.body().getBytes(StandardCharsets.UTF_8);
      exchange.sendResponseHeaders(page.status(), body.length == 0 ? -1 : body.length);
      exchange.getResponseBody().write(body);
    }
  }

  /** The shipped template's route for the source inbound, asked ten times a second. */
  private void poll(String... parameters) {
    StringBuilder route =
        new StringBuilder(
            """
            - templatedRoute:
                routeTemplateRef: intake-poll
                routeId: intake-poll-inbound
                prefixId: "inbound-"
                parameters:
                  - name: source
                    value: inbound
                  - name: every
                    value: 100ms
                  - name: url
                    value: crm-url
            """);
    for (int i = 0; i < parameters.length; i += 2) {
      route
          .append("      - name: ")
          .append(parameters[i])
          .append("\n        value: ")
          .append(parameters[i + 1])
          .append('\n');
    }
    kiln.inRoutes("intake-poll.camel.yaml", "- routeTemplate:\n", route + "- routeTemplate:\n");
  }

  private long answers(String path) {
    return asked.stream().filter(request -> request.path().equals(path)).count();
  }

  private Watermark watermark() {
    return kiln.app().ledger().watermark("inbound");
  }

  /** Waits for so many further requests for a path. */
  private void askedAgain(String path, int times) {
    long before = answers(path);
    soon().untilAsserted(() -> assertThat(answers(path)).isGreaterThanOrEqualTo(before + times));
  }

  @Test
  @DisplayName("pages by link are read once; an unchanged first page ends a round")
  void pagesByLink() throws Exception {
    pages.put(
        "/leads",
        Page.of(
            leads(1, 3, "Banking"),
            "ETag",
            "\"v1\"",
            "Link",
            "</other>; rel=\"prev\", </leads/2?key=" + KEY + ">; rel=\"last next\""));
    pages.put("/leads/2", Page.of(leads(4, 2, "Banking"), "Link", "</leads>; rel=prev"));
    poll("next", "link", "secret", "crm-token", "priority", "high");
    kiln.start();
    kiln.reaches(INBOUND, LeadState.ACCEPTED, 5);
    soon().untilAsserted(() -> assertThat(watermark()).isEqualTo(new Watermark("", "\"v1\"", "")));
    askedAgain("/leads", 2);
    assertThat(answers("/leads/2")).isEqualTo(1);
    assertThat(asked)
        .allSatisfy(request -> assertThat(request.header("Authorization")).isEqualTo(TOKEN));
    assertThat(kiln.snapshot().runs())
        .hasSize(2)
        .allSatisfy(
            run -> {
              assertThat(run.name()).isEqualTo("GET inbound");
              assertThat(run.source()).isEqualTo("inbound");
              assertThat(run.priority().word()).isEqualTo("high");
            });

    kiln.stop();
    pages.put("/leads", Page.of(leads(3, 4, "Banking"), "ETag", "\"v2\""));
    asked.clear();
    kiln.start();
    kiln.reaches(INBOUND, LeadState.ACCEPTED, 6);
    kiln.reaches(INBOUND, LeadState.DUPLICATE, 3);
    assertThat(asked.get(0).header("If-None-Match")).isEqualTo("\"v1\"");
    soon().untilAsserted(() -> assertThat(kiln.files("spool")).isEmpty());
  }

  @Test
  @DisplayName("a round that a stop broke off goes on at its next page")
  void brokenRoundGoesOn() throws Exception {
    pages.put(
        "/leads",
        Page.of(leads(1, 1, "Banking"), "ETag", "\"v1\"", "Link", "</leads/2>; rel=next"));
    pages.put("/leads/2", new Page(503, Map.of(), ""));
    poll("next", "link");
    kiln.start();
    kiln.reaches(INBOUND, LeadState.ACCEPTED, 1);
    askedAgain("/leads/2", 2);
    assertThat(watermark().position()).endsWith("/leads/2");
    assertThat(answers("/leads")).isEqualTo(1);
    kiln.stop();
    pages.put("/leads/2", Page.of(leads(2, 1, "Banking"), "Last-Modified", "of the second"));
    kiln.start();
    kiln.reaches(INBOUND, LeadState.ACCEPTED, 2);
    soon().untilAsserted(() -> assertThat(watermark()).isEqualTo(new Watermark("", "\"v1\"", "")));
    assertThat(asked)
        .filteredOn(request -> request.path().equals("/leads/2"))
        .allSatisfy(
            request -> assertThat(request.headers().containsKey("If-None-Match")).isFalse());
  }

  /** Starts on a good first page whose second is no leads. */
  private void startsBeforeAPageThatIsNone() throws Exception {
    pages.put(
        "/leads",
        Page.of(leads(1, 1, "Banking"), "ETag", "\"one\"", "Link", "</leads/2>; rel=next"));
    pages.put("/leads/2", Page.of("<html>maintenance</html>"));
    poll("next", "link");
    kiln.start();
  }

  @Test
  @DisplayName("behind an unchanged first page one that was refused is asked for until it is leads")
  void refusedPageBehindTheFirst() throws Exception {
    startsBeforeAPageThatIsNone();
    askedAgain("/leads/2", 4);
    assertThat(kiln.snapshot().runs())
        .filteredOn(run -> run.phase().equals("REFUSED"))
        .isNotEmpty();
    kiln.stop();
    kiln.start();
    askedAgain("/leads/2", 2);
    pages.put("/leads/2", Page.of(leads(2, 1, "Banking")));
    kiln.reaches(INBOUND, LeadState.ACCEPTED, 2);
    soon().untilAsserted(() -> assertThat(watermark()).isEqualTo(new Watermark("", "\"one\"", "")));
    long settled = answers("/leads/2");
    askedAgain("/leads", 3);
    assertThat(answers("/leads/2")).isLessThanOrEqualTo(settled + 1);
    assertThat(asked.get(asked.size() - 1).header("If-None-Match")).isEqualTo("\"one\"");
  }

  @Test
  @DisplayName("a page that was refused once, and is good with the next round, is read")
  void refusedOnceBehindTheFirst() throws Exception {
    startsBeforeAPageThatIsNone();
    soon().untilAsserted(() -> assertThat(answers("/leads/2")).isPositive());
    pages.put("/leads/2", Page.of(leads(2, 1, "Banking"), "Link", "</leads/3>; rel=next"));
    pages.put("/leads/3", Page.of(leads(3, 1, "Banking")));
    kiln.reaches(INBOUND, LeadState.ACCEPTED, 3);
  }

  @Test
  @DisplayName("a cursor is followed page by page, and the next round goes on at the last page")
  void pagesByCursor() throws Exception {
    pages.put(
        "/leads",
        Page.of("{\"results\":[{\"email\":\"a@b.example\"}],\"paging\":{\"next\":\"c 1\"}}"));
    pages.put(
        "/leads&after=c+1",
        Page.of("{\"paging\":{\"next\":77},\"results\":[{\"email\":\"c@b.example\"}]}"));
    pages.put(
        "/leads&after=77",
        Page.of(
            "{\"results\":[{\"email\":\"d@b.example\"}],\"paging\":{\"next\":null}}",
            "ETag",
            "\"e\""));
    poll("next", "/paging/next", "cursor", "after");
    kiln.start();
    askedAgain("/leads&after=77", 2);
    assertThat(answers("/leads")).isEqualTo(1);
    assertThat(answers("/leads&after=c+1")).isEqualTo(1);
    assertThat(watermark()).isEqualTo(new Watermark("77", "\"e\"", ""));
    assertThat(asked.get(asked.size() - 1).header("If-None-Match")).isEqualTo("\"e\"");
    kiln.reaches(INBOUND, LeadState.ACCEPTED, 3);
    assertThat(kiln.snapshot().runs()).hasSize(3);

    pages.put("/leads?from=99", new Page(503, Map.of(), ""));
    pages.put(
        "/leads&after=77", Page.of("{\"results\":[],\"paging\":{\"next\":\"/leads?from=99\"}}"));
    askedAgain("/leads?from=99", 3);
    assertThat(watermark().position()).isEqualTo(url("/leads?from=99"));
    pages.put("/leads?from=99", Page.of("{\"results\":[],\"paging\":{}}"));
    askedAgain("/leads?from=99", 3);
    assertThat(kiln.snapshot().runs()).as("an empty page is no run").hasSize(3);
  }

  @Test
  @DisplayName("without paging a page is asked for again by its date")
  void noPaging() throws Exception {
    String date = "Wed, 25 Nov 2026 07:00:00 GMT";
    pages.put("/leads", Page.of(leads(1, 2, "Banking"), "Last-Modified", date));
    poll();
    kiln.start();
    kiln.reaches(INBOUND, LeadState.ACCEPTED, 2);
    askedAgain("/leads", 2);
    assertThat(asked.get(asked.size() - 1).header("If-Modified-Since")).isEqualTo(date);
    assertThat(kiln.snapshot().runs()).hasSize(1);
    assertThat(watermark()).isEqualTo(new Watermark("", "", date));
  }

  @Test
  @DisplayName("a source that fails is asked again at its next time, and nothing moves")
  void failures() throws Exception {
    poll();
    kiln.set("kiln.http.largest-upload", "1KB").start();
    askedAgain("/leads", 2);
    for (Page broken :
        List.of(
            new Page(500, Map.of(), ""),
            new Page(401, Map.of(), "who are you"),
            new Page(302, Map.of("Location", "/elsewhere"), ""),
            Page.of("x".repeat(5_000)),
            new Page(204, Map.of(), ""),
            Page.of(" \n"),
            Page.of("[]"))) {
      pages.put("/leads", broken);
      askedAgain("/leads", 3);
      assertThat(watermark()).isEqualTo(Watermark.START);
      assertThat(kiln.snapshot().runs()).isEmpty();
      assertThat(answers("/elsewhere")).isZero();
    }
    pages.put("/leads", Page.of(leads(1, 2, "Banking")));
    kiln.reaches(INBOUND, LeadState.ACCEPTED, 2);
    askedAgain("/leads", 3);
    assertThat(kiln.snapshot().runs()).as("the same content is the same run").hasSize(1);
    soon().untilAsserted(() -> assertThat(kiln.files("spool")).isEmpty());
  }

  @Test
  @DisplayName("a page that is no leads is refused once, not with every round")
  void refusedOnce() throws Exception {
    pages.put("/leads", Page.of("email,name\n"));
    poll();
    kiln.start();
    RunAccount refused = kiln.read("GET inbound");
    assertThat(refused.phase()).isEqualTo("REFUSED");
    askedAgain("/leads", 3);
    // A round that had looked before a refusal may add one; in the end none does.
    soon()
        .untilAsserted(
            () -> {
              int runs = kiln.snapshot().runs().size();
              askedAgain("/leads", 3);
              assertThat(kiln.snapshot().runs())
                  .hasSize(runs)
                  .allMatch(run -> run.phase().equals("REFUSED"));
            });
    pages.put("/leads", Page.of(leads(1, 1, "Banking")));
    kiln.reaches(INBOUND, LeadState.ACCEPTED, 1);
  }

  @Test
  @DisplayName("Retry-After is waited out")
  void retryAfter() throws Exception {
    pages.put("/leads", new Page(503, Map.of("Retry-After", "3600"), ""));
    poll();
    kiln.start();
    soon().untilAsserted(() -> assertThat(asked).hasSize(1));
    pages.put("/leads", Page.of(leads(1, 1, "Banking")));
    kiln.drop("normal/other.csv", leads(50, 1, "Banking"));
    kiln.settled("other.csv");
    assertThat(asked).hasSize(1);
  }

  @Test
  @DisplayName("Retry-After may be a date")
  void retryAfterDate() throws Exception {
    String date =
        DateTimeFormatter.RFC_1123_DATE_TIME.format(ZonedDateTime.now(ZoneOffset.UTC).plusHours(1));
    pages.put("/leads", new Page(503, Map.of("Retry-After", date), ""));
    poll();
    kiln.start();
    soon().untilAsserted(() -> assertThat(asked).hasSize(1));
    kiln.drop("normal/other.csv", leads(50, 1, "Banking"));
    kiln.settled("other.csv");
    assertThat(asked).hasSize(1);
  }

  /** The log lines of polls while something is done. */
  private static List<String> lines(Callable<?> done) throws Exception {
    return SecretsTest.Kept.of(Poll.class.getName(), done);
  }

  /** The same while Kiln starts and asks for a page so many times. */
  private List<String> linesUntilAskedAgain(String page, int times) throws Exception {
    return lines(
        () -> {
          kiln.start();
          askedAgain(page, times);
          return null;
        });
  }

  @Test
  @DisplayName("a page that is too large is told as that")
  void tooLarge() throws Exception {
    pages.put("/leads", Page.of("x".repeat(5_000)));
    poll();
    kiln.set("kiln.http.largest-upload", "1KB");
    List<String> lines = linesUntilAskedAgain("/leads", 3);
    assertThat(lines)
        .isNotEmpty()
        .allMatch(line -> line.contains("its page is larger than the 1024 bytes of kiln.http."));
  }

  @Test
  @DisplayName("what nobody foresaw in a round waits for the next time, and tells nothing")
  void unforeseen() throws Exception {
    pages.put("/leads", new Page(204, Map.of(), ""));
    poll();
    kiln.inRoutes("intake-poll.camel.yaml", "value: 100ms", "value: 1h");
    kiln.start();
    soon().untilAsserted(() -> assertThat(asked).hasSize(1));
    // No header may hold a line feed: no request can be made of it.
    kiln.app().ledger().move("inbound", new Watermark("", "\"v\n1\"", ""));
    kiln.stop();
    List<String> lines =
        SecretsTest.Kept.of(
            Poll.class.getName(),
            "it fails (",
            () -> {
              kiln.start();
              kiln.drop("normal/other.csv", leads(50, 1, "Banking"));
              return kiln.settled("other.csv");
            });
    assertThat(lines)
        .singleElement()
        .asString()
        .contains("Source inbound: it fails (IllegalArgumentException); it is asked again at its")
        .doesNotContain(KEY, "v\n1");
  }

  @Test
  @DisplayName("a next page with control characters is refused, and one that was kept is forgotten")
  void controlCharacters() throws Exception {
    pages.put(
        "/leads",
        Page.of(
            "{\"results\":[{\"email\":\"a@b.example\"}],\"next\":\"https://evil.example/CURSOR\\nx\"}"));
    poll("next", "/next");
    List<String> lines = linesUntilAskedAgain("/leads", 3);
    assertThat(watermark()).isEqualTo(Watermark.START);
    assertThat(lines)
        .isNotEmpty()
        .allMatch(line -> line.contains("names a next page that holds control characters; it is"))
        .noneMatch(line -> line.contains("evil"));
    kiln.app().ledger().move("inbound", new Watermark("https://evil.example/CURSOR\nx", "", ""));
    askedAgain("/leads", 2);
    assertThat(watermark()).isEqualTo(Watermark.START);
  }

  @Test
  @DisplayName("a header that HTTP itself sets cannot carry the secret")
  void restrictedHeaders() throws Exception {
    poll("secret", "crm-token", "header", "Host");
    String before = "value: Host";
    for (String header : List.of("Host", "content-length", "Connection")) {
      kiln.inRoutes("intake-poll.camel.yaml", before, "value: " + header);
      before = "value: " + header;
      assertThatThrownBy(() -> kiln.start())
          .isInstanceOf(InvalidConfiguration.class)
          .hasMessageContaining(
              "source inbound has \""
                  + header
                  + "\" as its parameter header, which HTTP itself sets");
    }
  }

  @Test
  @DisplayName("positions and validators of another URL are not used")
  void anotherUrl() throws Exception {
    pages.put(
        "/leads",
        Page.of(leads(1, 1, "Banking"), "ETag", "\"v1\"", "Link", "</leads/2>; rel=next"));
    pages.put("/leads/2", new Page(503, Map.of(), ""));
    poll("next", "link", "secret", "crm-token");
    kiln.start();
    soon().untilAsserted(() -> assertThat(watermark().position()).endsWith("/leads/2"));
    Path file = kiln.places().secrets().resolve("crm-url");
    String other = url("").replace("127.0.0.1", "localhost");
    List<String> lines =
        lines(
            () -> {
              pages.put("/leads", Page.of(leads(2, 1, "Banking"), "ETag", "\"v1\""));
              Files.writeString(file, other + "/leads?key=" + KEY);
              kiln.reaches(INBOUND, LeadState.ACCEPTED, 2);
              askedAgain("/leads", 2);
              return null;
            });
    assertThat(lines)
        .filteredOn(line -> line.contains("it was read at another URL before"))
        .singleElement()
        .asString()
        .contains("so it begins at its first page")
        .doesNotContain(KEY, "localhost");
    assertThat(asked)
        .filteredOn(request -> request.header("Host").startsWith("localhost"))
        .noneMatch(request -> request.path().equals("/leads/2"))
        .first()
        .matches(request -> !request.headers().containsKey("If-None-Match"));

    // Another path, over a restart; then another query.
    kiln.stop();
    pages.put("/contacts", Page.of(leads(3, 1, "Banking"), "ETag", "\"v1\""));
    pages.put("/contacts&limit=5", Page.of(leads(4, 1, "Banking"), "ETag", "\"v1\""));
    Files.writeString(file, other + "/contacts?key=" + KEY);
    kiln.start();
    kiln.reaches(INBOUND, LeadState.ACCEPTED, 3);
    Files.writeString(file, other + "/contacts?key=" + KEY + "&limit=5");
    kiln.reaches(INBOUND, LeadState.ACCEPTED, 4);
    askedAgain("/contacts&limit=5", 2);
    assertThat(asked.get(asked.size() - 1).header("If-None-Match")).isEqualTo("\"v1\"");
  }

  @Test
  @DisplayName("a cursor may look like a path, or like a server")
  void cursorsWithSlashes() throws Exception {
    String page = "{\"results\":[{\"email\":\"%s@b.example\"}],\"next\":\"%s\"}";
    pages.put("/leads", Page.of(page.formatted("a", "//8AAB")));
    pages.put("/leads&cursor=%2F%2F8AAB", Page.of(page.formatted("b", "c2")));
    pages.put("/leads&cursor=c2", Page.of(page.formatted("c", "/w8AAB==")));
    pages.put("/leads&cursor=%2Fw8AAB%3D%3D", Page.of(page.formatted("d", "/x9+/")));
    pages.put("/leads&cursor=%2Fx9%2B%2F", Page.of(page.formatted("e", "")));
    poll("next", "/next");
    kiln.start();
    kiln.reaches(INBOUND, LeadState.ACCEPTED, 5);
    askedAgain("/leads&cursor=%2Fx9%2B%2F", 2);
    assertThat(answers("/w8AAB==")).isEqualTo(1);
    assertThat(answers("/x9+/")).isZero();
    assertThat(answers("/leads")).isEqualTo(1);
    assertThat(watermark()).isEqualTo(new Watermark("/x9+/", "", ""));
  }

  @Test
  @DisplayName("where a later page is gone the next round begins at the first one")
  void laterPageIsGone() throws Exception {
    pages.put(
        "/leads",
        Page.of(leads(1, 1, "Banking"), "ETag", "\"v1\"", "Link", "</leads/2>; rel=next"));
    pages.put("/leads/2", Page.of(leads(2, 1, "Banking"), "Link", "</leads/3>; rel=next"));
    pages.put("/leads/3", new Page(410, Map.of(), ""));
    poll("next", "link");
    List<String> lines = linesUntilAskedAgain("/leads/3", 3);
    assertThat(answers("/leads")).isGreaterThan(1);
    assertThat(asked).noneMatch(request -> request.headers().containsKey("If-None-Match"));
    assertThat(lines)
        .anyMatch(
            line ->
                line.contains("it answers 410 for a page behind its first one, so that is where"));
    pages.put("/leads/3", Page.of(leads(3, 1, "Banking")));
    kiln.reaches(INBOUND, LeadState.ACCEPTED, 3);
    soon().untilAsserted(() -> assertThat(watermark()).isEqualTo(new Watermark("", "\"v1\"", "")));
    assertThat(kiln.snapshot().runs()).as("the same pages are the same runs").hasSize(3);
  }

  @Test
  @DisplayName("a cursor that the source forgot is given up, and nothing but that")
  void cursorIsGone() throws Exception {
    pages.put("/leads", Page.of("{\"results\":[{\"email\":\"a@b.example\"}],\"next\":\"c1\"}"));
    pages.put("/leads&cursor=c1", new Page(401, Map.of(), ""));
    poll("next", "/next");
    kiln.start();
    askedAgain("/leads&cursor=c1", 3);
    assertThat(answers("/leads")).isEqualTo(1);
    assertThat(watermark()).isEqualTo(new Watermark("c1", "", ""));
    pages.put("/leads&cursor=c1", new Page(400, Map.of(), ""));
    askedAgain("/leads", 2);
    kiln.reaches(INBOUND, LeadState.ACCEPTED, 1);
    assertThat(kiln.snapshot().runs()).hasSize(1);
  }

  @Test
  @DisplayName("a next page on another server is not asked, since it would get the token")
  void otherServer() throws Exception {
    pages.put(
        "/leads",
        Page.of(leads(1, 1, "Banking"), "Link", "<http://127.0.0.1:1/leads>; rel=\"next\""));
    poll("next", "link", "secret", "crm-token");
    kiln.start();
    askedAgain("/leads", 3);
    assertThat(watermark()).isEqualTo(Watermark.START);
  }

  @Test
  @DisplayName("T8: neither URL nor token is in a name, a log or JMX")
  void secretsShowNowhere() throws Exception {
    pages.put("/leads", Page.of(leads(1, 1, "Banking")));
    poll("secret", "crm-token");
    kiln.start();
    kiln.reaches(INBOUND, LeadState.ACCEPTED, 1);
    StringBuilder shown = new StringBuilder();
    kiln.context().getEndpoints().forEach(endpoint -> shown.append(endpoint.getEndpointUri()));
    SecretsTest.jmx().forEach(shown::append);
    assertThat(shown.toString())
        .contains("poll-inbound")
        .doesNotContain(KEY, TOKEN, ":" + this.server.getAddress().getPort());
  }

  @Test
  @DisplayName("a route that lacks its secret, or is written wrong, stops the start")
  void wrongRoutes() throws Exception {
    poll("secret", "crm-tokn");
    assertThatThrownBy(() -> kiln.start())
        .isInstanceOf(InvalidConfiguration.class)
        .hasMessageContaining("intake-poll.camel.yaml:")
        .hasMessageContaining("source inbound needs the file")
        .hasMessageContaining("crm-tokn, which does not exist; create it");
    for (String[] change :
        List.of(
            new String[] {
              "value: crm-tokn",
              "value: crm-token\n      - name: next\n        value: page",
              "valid: none, link, or a JSON pointer"
            },
            new String[] {
              "value: page",
              "value: link\n      - name: priority\n        value: urgent",
              "valid: high, normal, low"
            },
            new String[] {
              "value: urgent",
              "value: low\n      - name: header\n        value: \"a: b\"",
              "no name of a header"
            },
            new String[] {"value: \"a: b\"", "value: x-key", ""},
            new String[] {
              "value: 100ms", "value: 5", "has every, which is \"5\"; valid: a duration"
            },
            new String[] {"value: 5\n", "value: 100ms\n", ""})) {
      kiln.inRoutes("intake-poll.camel.yaml", change[0], change[1]);
      if (!change[2].isEmpty()) {
        assertThatThrownBy(() -> kiln.start())
            .isInstanceOf(InvalidConfiguration.class)
            .hasMessageContaining(change[2]);
      }
    }
    Path secrets = kiln.places().secrets();
    Files.writeString(secrets.resolve("crm-url"), "http://crm.example/?key=" + KEY);
    assertThatThrownBy(() -> kiln.start())
        .isInstanceOf(InvalidConfiguration.class)
        .hasMessageContaining("has a URL that does not begin with https://")
        .message()
        .doesNotContain(KEY);
    Files.writeString(secrets.resolve("crm-url"), url("/leads?key=" + KEY));
    Files.writeString(secrets.resolve("crm-token"), "two\nlines " + TOKEN);
    assertThatThrownBy(() -> kiln.start())
        .isInstanceOf(InvalidConfiguration.class)
        .message()
        .contains("no line of plain ASCII")
        .doesNotContain(TOKEN);
    Files.writeString(secrets.resolve("crm-token"), TOKEN);
    pages.put("/leads", Page.of(leads(1, 1, "Banking")));
    kiln.start();
    kiln.reaches(INBOUND, LeadState.ACCEPTED, 1);
    assertThat(asked.get(0).header("x-key")).isEqualTo(TOKEN);

    kiln.stop();
    kiln.inRoutes("intake-poll.camel.yaml", "value: inbound", "value: Inbound");
    assertThatThrownBy(() -> kiln.start())
        .isInstanceOf(InvalidConfiguration.class)
        .hasMessageContaining("it must be the name of a source, in lower case");
  }

  @Test
  @DisplayName(
      "a page is followed whatever intake reads in it, and is not the last one where it breaks")
  void whatStandsBeforeTheNextPage() throws Exception {
    pages.put(
        "/leads",
        Page.of(
            "{\"results\":[{\"email\":\"a@b.example\",\"x\":NaN,\"y\":\"1\t2\"}],\"next\":\"c1\"}"));
    pages.put(
        "/leads&cursor=c1",
        Page.of(
            "{\"results\":[{\"email\":\"b@b.example\"},{\"x\" 1}],\"next\":\"c2\"}", "ETag", "e"));
    poll("next", "/next");
    List<String> lines = linesUntilAskedAgain("/leads&cursor=c1", 3);
    assertThat(watermark()).isEqualTo(new Watermark("c1", "", ""));
    assertThat(lines)
        .anyMatch(line -> line.contains("its page is no valid JSON before it names the next page"));
    kiln.reaches(INBOUND, LeadState.ACCEPTED, 2);
    pages.put(
        "/leads&cursor=c1", Page.of("{\"results\":[{\"email\":\"b@b.example\"}],\"next\":\"c2\"}"));
    askedAgain("/leads&cursor=c2", 1);
  }
}
