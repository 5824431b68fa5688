package dev.kiln;

import static dev.kiln.RunningKiln.FINANCE;
import static dev.kiln.RunningKiln.TECH;
import static dev.kiln.RunningKiln.leads;
import static dev.kiln.RunningKiln.soon;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import dev.kiln.lead.InvalidConfiguration;
import dev.kiln.ledger.LeadState;
import dev.kiln.ledger.LedgerView;
import dev.kiln.ledger.LedgerView.LeadLine;
import dev.kiln.ledger.ReturnAccount;
import dev.kiln.simulate.Callback;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.ToIntFunction;
import java.util.function.UnaryOperator;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Enriched rows that come back: from the simulator's HTTP API column to the ledger. */
final class ResultsTest {
  private static final Map<String, String> TOKEN = Map.of("Authorization", "Bearer shibboleth");

  /** Has the form of a signature, and is none. */
  private static final String UNPROVEN =
      "X-Clay-Signature: sha256=0000000000000000000000000000000000000000000000000000000000000000";

  private final HttpClient client = HttpClient.newHttpClient();
  private RunningKiln kiln;

  @BeforeEach
  void prepare(@TempDir Path folder) throws Exception {
    Path secrets = Files.createDirectories(folder.resolve("config/secrets"));
    Files.writeString(secrets.resolve("results-token"), "shibboleth");
    Files.writeString(secrets.resolve("signing"), "whsec_abc");
    kiln =
        new RunningKiln(folder)
            .set("kiln.results.listen", "127.0.0.1:0")
            .set("kiln.results.token", "{{secret:results-token}}")
            .set("kiln.results.signing-key", "{{secret:signing}}")
            .set("kiln.results.check", "100ms")
            .inClayYaml(TECH + ":\n", TECH + ":\n    results: true\n");
  }

  @AfterEach
  void close() {
    kiln.close();
  }

  private URI results(String table) {
    return URI.create(kiln.app().results().orElseThrow() + "/results/" + table);
  }

  private HttpResponse<String> post(String body, UnaryOperator<HttpRequest.Builder> more)
      throws Exception {
    return client.send(
        more.apply(
                HttpRequest.newBuilder(results(TECH))
                    .timeout(Duration.ofSeconds(60))
                    .POST(BodyPublishers.ofString(body)))
            .build(),
        BodyHandlers.ofString());
  }

  private HttpResponse<String> post(String body) throws Exception {
    return post(body, request -> request.header("Authorization", "Bearer shibboleth"));
  }

  private String leadId(int n) {
    return kiln.ledgerLines().stream()
        .map(LeadLine::leadId)
        .filter(id -> id.endsWith("-" + n))
        .findFirst()
        .orElseThrow();
  }

  private ReturnAccount account() {
    return kiln.look(LedgerView::returns).get(0);
  }

  private long quarantined() {
    return kiln.look(LedgerView::quarantined);
  }

  @Test
  @DisplayName("what the simulator sends back is stored once, and its leads are ENRICHED")
  void rowsComeBack() throws Exception {
    kiln.start();
    kiln.clay().callbacks(Callback.of(results(TECH), TOKEN).withRate(1_000).withShares(1, 0.5));
    kiln.drop("normal/tech.csv", leads(1, 30, "Software"));
    kiln.drop("normal/bank.csv", leads(100, 3, "Banking"));

    kiln.reaches(TECH, LeadState.ENRICHED, 30);
    kiln.reaches(FINANCE, LeadState.ENRICHED, 3);
    soon().until(() -> kiln.clay().statistics().callbacks().open() == 0);
    assertThat(kiln.clay().statistics().callbacks().lost()).isZero();
    assertThat(kiln.app().ledger().view().results()).isEqualTo(33);
    assertThat(quarantined()).isZero();
    assertThat(
            kiln.app().ledger().view().returns().stream()
                .filter(returned -> returned.table().equals(TECH))
                .findFirst()
                .orElseThrow()
                .filled())
        .containsEntry("email", 30L)
        .containsEntry("employees", 30L)
        .doesNotContainKeys("title", "phone");
  }

  @ParameterizedTest
  @DisplayName("a table that expects rows notices those that do not come, and its silence")
  @ValueSource(strings = {"200ms", "1h"})
  void missingAndSilent(String silence) throws Exception {
    kiln.inClayYaml("results: true\n", "results: true\n    missing-after: 1s\n")
        .set("kiln.results.silence", silence)
        .start();
    kiln.drop("normal/leads.csv", leads(1, 2, "Software"));
    kiln.drop("normal/bank.csv", leads(100, 1, "Banking"));
    kiln.reaches(TECH, LeadState.MISSING, 2);
    assertThat(account().silentSince()).isNotNull();
    kiln.reaches(FINANCE, LeadState.ACCEPTED, 1);

    assertThat(post("{\"lead_id\":\"" + leadId(1) + "\"}").body()).contains("\"stored\"");
    kiln.reaches(TECH, LeadState.ENRICHED, 1);
    soon().untilAsserted(() -> assertThat(account().silentSince()).isNull());
  }

  @Test
  @DisplayName("any shape is taken; what names no lead that was sent is kept apart")
  void anyShape() throws Exception {
    kiln.start();
    kiln.drop("normal/leads.csv", leads(1, 1, "Software"));
    kiln.reaches(TECH, LeadState.ACCEPTED, 1);
    String row = "{\"lead_id\":\"" + leadId(1) + "\",\"n\":\"1\",\"a\":null,\"b\":\"\"}";

    assertThat(post(row).body()).contains("\"stored\"");
    assertThat(post(row).body()).contains("\"known\"");
    for (String body : List.of("", "OK", "[1]", "{\"lead_id\":7}", "{\"lead_id\":\"crm-1-1\"}")) {
      HttpResponse<String> answer = post(body);
      assertThat(answer.statusCode()).as(body).isEqualTo(200);
      assertThat(answer.body()).contains("\"quarantined\"");
    }
    assertThat(quarantined()).isEqualTo(5);
    assertThat(post("{\"x\":\"" + "y".repeat(999_000) + "\"}").statusCode()).isEqualTo(200);
    assertThat(post("y".repeat(1_000_001)).statusCode()).isEqualTo(413);
    assertThat(
            post(
                    "",
                    request ->
                        request
                            .header("Authorization", "Bearer shibboleth")
                            .POST(
                                BodyPublishers.fromPublisher(
                                    BodyPublishers.ofString("y".repeat(1_000_001)))))
                .statusCode())
        .isEqualTo(413);
  }

  @Test
  @DisplayName("only who bears the token or signs the body is let in")
  void secrets() throws Exception {
    kiln.start();
    assertThat(post("{}", request -> request).statusCode()).isEqualTo(401);
    assertThat(post("{}", request -> request.header("Authorization", "Bearer x")).statusCode())
        .isEqualTo(401);
    assertThat(post("{}", request -> signed(request, "{}")).statusCode()).isEqualTo(200);
    assertThat(post("{} ", request -> signed(request, "{}")).statusCode()).isEqualTo(401);
    assertThat(quarantined()).isEqualTo(1);
  }

  @Test
  @DisplayName("a header that is no signature is refused before the body comes")
  void noSignature() throws Exception {
    kiln.start();
    try (Socket bogus = begin("X-Clay-Signature: sha256=bogus", 0)) {
      assertThat(answer(bogus)).startsWith("HTTP/1.1 401 ").contains("64 hexadecimal digits");
    }
  }

  @Test
  @DisplayName("a signed row is sent away while the key cannot be read, also once it is on its way")
  void withoutKey() throws Exception {
    kiln.start();
    Path signing = kiln.places().secrets().resolve("signing");
    String asked = UNPROVEN + "\r\nConnection: close\r\nExpect: 100-continue";
    try (Socket halfway = begin(asked, 10)) {
      String let = "HTTP/1.1 100 Continue\r\n\r\n";
      assertThat(halfway.getInputStream().readNBytes(let.length()))
          .asString(StandardCharsets.US_ASCII)
          .isEqualTo(let);
      Files.delete(signing);
      halfway.getOutputStream().write("\r\n0\r\n\r\n".getBytes(StandardCharsets.UTF_8));
      assertThat(answer(halfway)).startsWith("HTTP/1.1 429 ").contains("cannot be checked");
    }
    HttpResponse<String> answer = post("{}", request -> signed(request, "{}"));
    assertThat(answer.statusCode()).isEqualTo(429);
    assertThat(answer.headers().firstValue("Retry-After")).contains("30");
    assertThat(quarantined()).isZero();
    Files.writeString(signing, "whsec_abc");
    assertThat(post("{}", request -> signed(request, "{}")).statusCode()).isEqualTo(200);
  }

  @Test
  @DisplayName("a row that does not come in whole in time is sent away")
  void stalled() throws Exception {
    kiln.set("kiln.http.stall", "500ms").start();
    try (Socket slow = begin(UNPROVEN, 10)) {
      assertThat(answer(slow)).startsWith("HTTP/1.1 408 ").contains("nothing was taken");
    }
    soon().untilAsserted(() -> assertThat(post("{}").statusCode()).isEqualTo(200));
  }

  @ParameterizedTest
  @DisplayName("rows that never end fill a bounded part of the memory, and the others get in")
  @CsvSource({UNPROVEN + ", 8", "Authorization: Bearer shibboleth, 32"})
  void bounded(String header, int most) throws Exception {
    kiln.set("kiln.http.stall", "1h").start();
    List<Socket> open = new ArrayList<>();
    try {
      for (int i = 0; i <= most; i++) {
        open.add(begin(header, 999_000));
      }
      // Kiln reads them all at once: the one that is too many need not be the last.
      Socket refused = soon().until(() -> answered(open), Optional::isPresent).orElseThrow();
      assertThat(answer(refused))
          .startsWith("HTTP/1.1 429 ")
          .containsIgnoringCase("Retry-After: 1");
      assertThat(answered(open)).isEmpty();
      if (header.equals(UNPROVEN)) {
        assertThat(post("{}").statusCode()).as("who bears the token").isEqualTo(200);
      }
    } finally {
      for (Socket socket : open) {
        socket.close();
      }
    }
    String row = "{\"x\":\"" + "y".repeat(900_000) + "\"}";
    soon()
        .ignoreExceptionsInstanceOf(IOException.class)
        .untilAsserted(
            () ->
                assertThat(post(row, request -> signed(request, row)).statusCode()).isEqualTo(200));
  }

  /** Begins a row with so many bytes and sends no end of it. */
  private Socket begin(String header, int bytes) throws IOException {
    Socket socket = new Socket(InetAddress.getLoopbackAddress(), results(TECH).getPort());
    socket.setSoTimeout(60_000);
    socket
        .getOutputStream()
        .write(
            ("POST /results/"
                    + TECH
                    + " HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n"
                    + header
                    + "\r\n\r\n"
                    + (bytes == 0 ? "" : Integer.toHexString(bytes) + "\r\n" + "y".repeat(bytes)))
                .getBytes(StandardCharsets.UTF_8));
    return socket;
  }

  private static Optional<Socket> answered(List<Socket> open) throws IOException {
    for (Socket socket : open) {
      if (socket.getInputStream().available() > 0) {
        return Optional.of(socket);
      }
    }
    return Optional.empty();
  }

  private static String answer(Socket socket) throws IOException {
    return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
  }

  private static HttpRequest.Builder signed(HttpRequest.Builder request, String body) {
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec("whsec_abc".getBytes(StandardCharsets.UTF_8), "HmacSHA256"));
      byte[] hmac = mac.doFinal(body.getBytes(StandardCharsets.UTF_8));
      return request.header("X-Clay-Signature", "sha256=" + HexFormat.of().formatHex(hmac));
    } catch (GeneralSecurityException impossible) {
      throw new IllegalStateException(impossible);
    }
  }

  @Test
  @DisplayName("a row that came back is refused as intake, whatever it came in")
  void noLoops() throws Exception {
    kiln.start();
    kiln.drop("normal/leads.csv", leads(1, 1, "Software"));
    kiln.reaches(TECH, LeadState.ACCEPTED, 1);
    kiln.drop(
        "normal/back.csv",
        "Lead ID,email,industry\n"
            + leadId(1)
            + ",other@firm.example,Software\nL-17,third@firm.example,Software\n");
    kiln.settled("back.csv");
    kiln.reaches(TECH, LeadState.ACCEPTED, 2);
    assertThat(kiln.ledgerLines())
        .filteredOn(line -> line.state() == LeadState.REJECTED)
        .singleElement()
        .extracting(LeadLine::reason)
        .asString()
        .contains("it has been to Clay");
  }

  @Test
  @DisplayName("what cannot be stored is refused with 429, which Clay tries once more")
  void onlyWith429() throws Exception {
    kiln.start();
    kiln.app().ledger().close();
    HttpResponse<String> answer = post("{}");
    assertThat(answer.statusCode()).isEqualTo(429);
    assertThat(answer.headers().firstValue("Retry-After")).isPresent();
  }

  @Test
  @DisplayName("listening needs a token, and tables that expect rows say how long")
  void configuration() {
    kiln.set("kiln.results.token", "");
    assertThatThrownBy(kiln::start)
        .isInstanceOf(InvalidConfiguration.class)
        .hasMessageContaining("kiln.results.token is empty");
    kiln.set("kiln.results.token", "{{secret:results-token}}");
    for (String key :
        List.of("kiln.results.token", "kiln.results.signing-key", "kiln.results.notify")) {
      kiln.set(key, "{{secret:nowhere}}");
      assertThatThrownBy(() -> App.check(kiln.places()))
          .isInstanceOf(InvalidConfiguration.class)
          .hasMessageContainingAll(key + " needs the file", "nowhere");
      kiln.set(key, key.equals("kiln.results.notify") ? "" : "{{secret:results-token}}");
    }
    kiln.set("kiln.results.lead-id", "lead_id");
    assertThatThrownBy(kiln::start).hasMessageContaining("valid: a JSON pointer");
    kiln.set("kiln.results.lead-id", "/lead_id");
    kiln.inClayYaml("results: true\n", "results: true\n    missing-after: soon\n");
    assertThatThrownBy(kiln::start).hasMessageContaining("must be a duration above 0");
    kiln.inClayYaml("results: true\n    missing-after: soon", "missing-after: 1h");
    assertThatThrownBy(kiln::start).hasMessageContaining("needs results: true beside it");
  }

  @Test
  @DisplayName("a run is joined row by row, and its account shows both ends")
  void joined(@TempDir Path elsewhere) throws Exception {
    kiln.set("kiln.http.listen", "127.0.0.1:0").start();
    kiln.drop(
        "normal/mixed.csv",
        """
        email,first_name,industry,state,reason_2,reason,note
        ada@firm.example,Ada,Software,Ohio,,fair,=1
        no address,Bob,Software,,,,x
        eve@firm.example,Eve,Software,,,,
        """);
    kiln.settled("mixed.csv");
    kiln.reaches(TECH, LeadState.ACCEPTED, 2);
    String run = kiln.run("mixed.csv").orElseThrow().id();
    assertThat(account(run))
        .contains("\"awaited\" : 2", "\"delivered\" : true", "\"done\" : false");
    post("{\"lead_id\":\"" + run + "-1\",\"title\":\"CTO\",\"size\":1.50}");
    Path csv = elsewhere.resolve("out.csv");
    Path ndjson = elsewhere.resolve("out.ndjson");
    try (LedgerView view = LedgerView.open(kiln.data())) {
      assertThat(new Join(view, run).csv(csv)).isEqualTo(3);
      assertThat(new Join(view, run).ndjson(ndjson)).isEqualTo(3);
    }
    List<String> lines = Files.readAllLines(csv);
    assertThat(lines.get(0))
        .startsWith("\uFEFF\"line\",\"lead_id\",\"table\",\"state\"")
        .contains("\"state_2\",\"reason_2\",\"reason_3\",")
        .endsWith("\"note\",\"enriched.lead_id\",\"enriched.title\",\"enriched.size\"");
    assertThat(lines.get(1))
        .startsWith("\"2\",\"" + run + "-1\",\"" + TECH + "\",\"ENRICHED\"")
        .contains("\"ada@firm.example\"", "\"Ohio\",\"\",\"fair\",\"'=1\"")
        .endsWith("\"CTO\",\"1.50\"");
    assertThat(lines.get(2))
        .contains("\"" + TECH + "\",\"REJECTED\"", "\"no address | Bob | Software |  |  |  | x\"");
    assertThat(lines.get(3)).contains("\"ACCEPTED\"").endsWith("\"\",\"\",\"\"");
    assertThat(Files.readString(ndjson))
        .contains("\"enriched\":{\"lead_id\":\"" + run + "-1\",\"title\":\"CTO\",\"size\":1.50}}")
        .contains("\"enriched\":null")
        .contains("\"rejected_row\":[\"no address\",\"Bob\",\"Software\",\"\",\"\",\"\",\"x\"]");
    assertThat(elsewhere).isDirectoryNotContaining("glob:**.part");

    post("{\"lead_id\":\"" + run + "-3\"}");
    soon().untilAsserted(() -> assertThat(account(run)).contains("\"done\" : true"));
  }

  private String account(String run) throws Exception {
    return client
        .send(
            HttpRequest.newBuilder(kiln.http("/runs/" + run))
                .timeout(Duration.ofSeconds(60))
                .build(),
            BodyHandlers.ofString())
        .body();
  }

  /** Starts a Kiln, and who wants to know of runs that are done: it answers each account. */
  private HttpServer startNotifying(ToIntFunction<String> answer) throws Exception {
    HttpServer other =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    other.createContext(
        "/",
        exchange -> {
          String json =
              new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
          exchange.sendResponseHeaders(answer.applyAsInt(json), -1);
          exchange.close();
        });
    other.start();
    Files.writeString(
        kiln.places().secrets().resolve("notify"),
        "http://127.0.0.1:" + other.getAddress().getPort() + "/");
    kiln.set("kiln.results.notify", "{{secret:notify}}").start();
    return other;
  }

  @Test
  @DisplayName("who wants to know is told once of a run that is done")
  void told() throws Exception {
    List<String> told = new CopyOnWriteArrayList<>();
    HttpServer other =
        startNotifying(
            json -> {
              told.add(json);
              return told.size() == 1 ? 500 : 200;
            });
    try {
      kiln.drop("normal/a.csv", leads(1, 1, "Software"));
      kiln.drop("normal/b.csv", leads(2, 1, "Banking"));
      soon().until(() -> told.size() == 2);
      assertThat(told).allMatch(json -> json.contains("\"name\":\"b.csv\""));
      kiln.reaches(TECH, LeadState.ACCEPTED, 1);
      post("{\"lead_id\":\"" + kiln.run("a.csv").orElseThrow().id() + "-1\"}");
      soon().until(() -> told.size() == 3);
      assertThat(told.get(2)).contains("\"done\":true", "\"enriched\":1");
      soon().until(() -> kiln.app().ledger().doneRuns().isEmpty());
    } finally {
      other.stop(0);
    }
  }

  @Test
  @DisplayName("a run whose account is refused, or fails, keeps none of the others from being told")
  void toldOfTheOthers() throws Exception {
    List<String> told = new CopyOnWriteArrayList<>();
    HttpServer other =
        startNotifying(
            json -> {
              String name = json.replaceAll("(?s).*\"name\":\"(.*?)\".*", "$1");
              told.add(name);
              return switch (name) {
                case "refused.csv" -> 422;
                case "fails.csv" -> 500;
                default -> 200;
              };
            });
    try {
      kiln.drop("normal/refused.csv", leads(1, 1, "Banking"));
      soon().until(() -> told.contains("refused.csv"));
      kiln.drop("normal/fails.csv", leads(2, 1, "Banking"));
      soon().until(() -> told.contains("fails.csv"));
      kiln.drop("normal/taken.csv", leads(3, 1, "Banking"));
      soon().until(() -> told.contains("taken.csv"));
      soon().until(() -> kiln.app().ledger().doneRuns().size() == 1);
      assertThat(told).containsOnlyOnce("refused.csv", "taken.csv");
    } finally {
      other.stop(0);
    }
  }

  @Test
  @DisplayName("nobody listens where that is off")
  void off() throws Exception {
    kiln.set("kiln.results.listen", "off").start();
    assertThat(kiln.app().results()).isEqualTo(Optional.empty());
  }
}
