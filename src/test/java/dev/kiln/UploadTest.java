package dev.kiln;

import static dev.kiln.RunningKiln.FINANCE;
import static dev.kiln.RunningKiln.INBOUND;
import static dev.kiln.RunningKiln.leads;
import static dev.kiln.RunningKiln.soon;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.kiln.lead.InvalidConfiguration;
import dev.kiln.ledger.LeadState;
import dev.kiln.ledger.LedgerView.RunAccount;
import dev.kiln.ledger.Priority;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.UnaryOperator;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Leads that are posted: from the request to leads at their tables, and everything that is not. */
final class UploadTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final HttpClient client = HttpClient.newHttpClient();
  private RunningKiln kiln;

  @BeforeEach
  void prepare(@TempDir Path folder) {
    kiln = new RunningKiln(folder);
  }

  @AfterEach
  void close() {
    kiln.close();
  }

  /** An answer. */
  private record Answer(HttpResponse<String> response) {
    int status() {
      return response.statusCode();
    }

    String header(String name) {
      return response.headers().firstValue(name).orElse("");
    }

    JsonNode json() {
      try {
        return JSON.readTree(response.body());
      } catch (IOException notJson) {
        throw new AssertionError(response.body(), notJson);
      }
    }

    String error() {
      return json().path("error").asText();
    }
  }

  private Answer send(HttpRequest request) throws Exception {
    return new Answer(client.send(request, BodyHandlers.ofString()));
  }

  private HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(kiln.http(path)).timeout(Duration.ofSeconds(60));
  }

  private Answer post(String path, byte[] body, UnaryOperator<HttpRequest.Builder> more)
      throws Exception {
    return send(more.apply(request(path)).POST(BodyPublishers.ofByteArray(body)).build());
  }

  private Answer post(String path, String body) throws Exception {
    return post(
        path,
        body.getBytes(StandardCharsets.UTF_8),
        request -> request.header("Content-Type", "text/csv"));
  }

  private Answer get(String path) throws Exception {
    return send(request(path).GET().build());
  }

  private static byte[] gzip(byte[] plain) throws IOException {
    ByteArrayOutputStream packed = new ByteArrayOutputStream();
    try (GZIPOutputStream out = new GZIPOutputStream(packed)) {
      out.write(plain);
    }
    return packed.toByteArray();
  }

  /** A CSV of one lead, and so many bytes of blank lines. */
  private static byte[] padded(int bytes) {
    StringBuilder text = new StringBuilder(leads(1, 3, "Banking"));
    while (text.length() < bytes) {
      text.append("\n".repeat(Math.min(1000, bytes - text.length())));
    }
    return text.toString().getBytes(StandardCharsets.UTF_8);
  }

  private void nothingIsLeft() {
    soon().untilAsserted(() -> assertThat(kiln.files("spool")).isEmpty());
  }

  // ---- What gets in ----

  @Test
  @DisplayName("a small upload is read before the answer, which counts and names rows with lines")
  void smallUploadIsReadBeforeTheAnswer() throws Exception {
    kiln.start();
    Answer answer =
        post(
            "/leads?source=Inbound&priority=high",
            """
            email,industry
            a@bank.example,Banking
            not an address,Banking
            a@bank.example,Banking
            """);
    assertThat(answer.status()).as(answer.response().body()).isEqualTo(201);
    JsonNode json = answer.json();
    assertThat(json.path("read").asInt()).isEqualTo(3);
    assertThat(json.path("queued").asInt()).isEqualTo(1);
    assertThat(json.path("duplicates").asInt()).isEqualTo(1);
    assertThat(json.path("rejected").asInt()).isEqualTo(1);
    assertThat(json.path("already_read").asBoolean()).isFalse();
    assertThat(json.path("rejections").toString())
        .isEqualTo(
            "[{\"line\":3,\"reason\":\"column \\\"email\\\" is not an e-mail address: it has no @\"}]");

    String run = json.path("run").asText();
    assertThat(answer.header("Location")).isEqualTo("/runs/" + run);
    RunAccount account = kiln.settled("POST /leads");
    assertThat(account.id()).isEqualTo(run);
    assertThat(account.source()).isEqualTo("inbound");
    assertThat(account.priority()).isEqualTo(Priority.HIGH);
    assertThat(account.tables().get(INBOUND)).containsEntry(LeadState.ACCEPTED, 1L);
    soon().untilAsserted(() -> assertThat(kiln.files("archive")).containsExactly(run));
    nothingIsLeft();

    JsonNode status = get("/runs/" + run).json();
    assertThat(status.path("run").asText()).isEqualTo(run);
    assertThat(status.path("phase").asText()).isEqualTo("READ");
    assertThat(status.path("states").path("ACCEPTED").asInt()).isEqualTo(1);
  }

  @ParameterizedTest(name = "{0}")
  @DisplayName("JSON is taken as an object, an array or lines, whatever its type says")
  @CsvSource(
      delimiter = '|',
      value = {
        "application/json | {'email':'a@bank.example','industry':'Banking'} | 1",
        "text/csv | [{'email':'a@bank.example'},{'email':'b@bank.example'}] | 2",
        "application/x-ndjson | {'email':'a@bank.example'}~{'email':'b@bank.example'}~ | 2",
        "application/x-www-form-urlencoded | {'results':[{'email':'a@bank.example'}]} | 1",
      })
  void json(String type, String body, int rows) throws Exception {
    kiln.start();
    Answer answer =
        post(
            "/leads",
            body.replace('\'', '"').replace('~', '\n').getBytes(StandardCharsets.UTF_8),
            request -> request.header("Content-Type", type));
    assertThat(answer.status()).as(answer.response().body()).isEqualTo(201);
    assertThat(answer.json().path("queued").asInt()).isEqualTo(rows);
    assertThat(kiln.settled("POST /leads").states())
        .isEqualTo(Map.of(LeadState.ACCEPTED, (long) rows));
  }

  @Test
  @DisplayName("broken JSON is answered 400 with its line")
  void brokenJson() throws Exception {
    kiln.start();
    Answer lines = post("/leads", "{\"email\":\"nobody\"}\n{\"email\":\"nowhere\"}\n{\"email\":\n");
    assertThat(lines.status()).as(lines.response().body()).isEqualTo(400);
    assertThat(lines.json().path("line").asInt()).isEqualTo(1);
    assertThat(lines.json().path("rejections").path(1).path("line").asInt()).isEqualTo(2);
    Answer torn = post("/leads", "[\n  {\"email\": tru");
    assertThat(torn.status()).as(torn.response().body()).isEqualTo(400);
    assertThat(torn.error()).isNotBlank();
    Answer none = post("/leads", "[]");
    assertThat(none.status()).isEqualTo(400);
    nothingIsLeft();
  }

  @Test
  @DisplayName("the same content again is the same run, unless it is to be read once more")
  void sameContentIsTheSameRun() throws Exception {
    kiln.start();
    String body = leads(1, 2, "Banking");
    String run = post("/leads", body).json().path("run").asText();
    kiln.settled("POST /leads");
    Answer again = post("/leads", gzip(body.getBytes(StandardCharsets.UTF_8)), request -> request);
    assertThat(again.status()).isEqualTo(200);
    assertThat(again.json().path("run").asText()).isEqualTo(run);
    assertThat(again.json().path("already_read").asBoolean()).isTrue();
    assertThat(again.json().path("queued").asInt()).isEqualTo(2);

    Answer forced = post("/leads?dedupe=force", body);
    assertThat(forced.status()).isEqualTo(201);
    assertThat(forced.json().path("run").asText()).isNotEqualTo(run);
    assertThat(forced.json().path("queued").asInt()).isEqualTo(2);
    kiln.reaches(FINANCE, LeadState.ACCEPTED, 4);
    assertThat(post("/leads?source=elsewhere", body).json().path("duplicates").asInt())
        .as("another source is another run")
        .isEqualTo(2);
    nothingIsLeft();
  }

  @Test
  @DisplayName("an idempotency key means the first run, over a restart too, and no other body")
  void idempotencyKey() throws Exception {
    kiln.start();
    UnaryOperator<HttpRequest.Builder> keyed =
        request -> request.header("Idempotency-Key", "order-66");
    byte[] body = leads(1, 2, "Banking").getBytes(StandardCharsets.UTF_8);
    byte[] other = leads(7, 2, "Banking").getBytes(StandardCharsets.UTF_8);
    byte[] broken = "email\nnobody\n".getBytes(StandardCharsets.UTF_8);
    Answer first = post("/leads", body, keyed);
    assertThat(first.status()).isEqualTo(201);
    Answer refused = post("/leads", broken, request -> request.header("Idempotency-Key", "bad"));
    assertThat(refused.status()).isEqualTo(400);
    kiln.stop();
    kiln.start();
    Answer again = post("/leads", body, keyed);
    assertThat(again.status()).isEqualTo(200);
    assertThat(again.json().path("run")).isEqualTo(first.json().path("run"));
    assertThat(again.json().path("queued").asInt()).isEqualTo(2);
    Answer refusedAgain =
        post("/leads", broken, request -> request.header("Idempotency-Key", "bad"));
    assertThat(refusedAgain.status()).isEqualTo(400);
    assertThat(refusedAgain.json().path("run")).isEqualTo(refused.json().path("run"));
    for (Answer wrong :
        List.of(post("/leads", other, keyed), post("/leads?source=x", body, keyed))) {
      assertThat(wrong.status()).isEqualTo(422);
      assertThat(wrong.error()).contains("Idempotency-Key");
    }
    assertThat(
            post("/leads", body, request -> request.header("Idempotency-Key", "k".repeat(256)))
                .status())
        .isEqualTo(400);
    assertThat(kiln.snapshot().runs()).hasSize(2);
    nothingIsLeft();
  }

  @Test
  @DisplayName("a body of more than 1 MB is answered 202 once it is durable, and read by the route")
  void largeUploadIsAnsweredAtOnce() throws Exception {
    kiln.start();
    Answer answer = post("/leads?source=inbound", padded(2 << 20), request -> request);
    assertThat(answer.status()).as(answer.response().body()).isEqualTo(202);
    String run = answer.json().path("run").asText();
    assertThat(answer.json().path("location").asText())
        .isEqualTo("/runs/" + run)
        .isEqualTo(answer.header("Location"));
    RunAccount account = kiln.settled("POST /leads");
    assertThat(account.id()).isEqualTo(run);
    assertThat(account.tables()).isEqualTo(Map.of(INBOUND, Map.of(LeadState.ACCEPTED, 3L)));
    soon().untilAsserted(() -> assertThat(kiln.files("archive")).containsExactly(run));
    nothingIsLeft();

    Answer chunked =
        send(
            request("/leads?source=inbound")
                .POST(BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(padded(2 << 20))))
                .build());
    assertThat(chunked.status()).isEqualTo(200);
    assertThat(chunked.json().path("run").asText()).isEqualTo(run);
  }

  @Test
  @DisplayName("the same upload many times at once is one run, each row once")
  void sameUploadAtOnce() throws Exception {
    kiln.start();
    byte[] body = leads(1, 200, "Banking").getBytes(StandardCharsets.UTF_8);
    List<CompletableFuture<HttpResponse<String>>> answers = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      answers.add(
          client.sendAsync(
              request("/leads").POST(BodyPublishers.ofByteArray(body)).build(),
              BodyHandlers.ofString()));
    }
    for (CompletableFuture<HttpResponse<String>> answer : answers) {
      assertThat(answer.get().statusCode()).isIn(200, 201, 202);
    }
    assertThat(kiln.settled("POST /leads").states()).isEqualTo(Map.of(LeadState.ACCEPTED, 200L));
    assertThat(kiln.snapshot().runs()).hasSize(1);
    nothingIsLeft();
  }

  // ---- What does not ----

  @Test
  @DisplayName("a body without a usable row is answered 400, with lines and reasons")
  void nothingUsable() throws Exception {
    kiln.start();
    Answer invalid = post("/leads", "email,name\n\nnobody,A\nnowhere,B\n");
    assertThat(invalid.status()).isEqualTo(400);
    assertThat(invalid.error()).contains("none of the rows can be used", "no @");
    assertThat(invalid.json().path("line").asInt()).isEqualTo(3);
    assertThat(invalid.json().path("rejections")).hasSize(2);
    assertThat(invalid.json().path("rejections").path(1).path("line").asInt()).isEqualTo(4);
    assertThat(post("/leads", "email,name\n\nnobody,A\nnowhere,B\n").status())
        .as("again")
        .isEqualTo(400);

    Answer headerOnly = post("/leads", "email,name\n");
    assertThat(headerOnly.status()).isEqualTo(400);
    assertThat(headerOnly.error()).startsWith("the body has a header and no rows");
    soon()
        .untilAsserted(
            () ->
                assertThat(kiln.files("rejects")).contains(headerOnly.json().path("run").asText()));
    assertThat(post("/leads", "").status()).isEqualTo(400);
    Answer cut =
        post(
            "/leads",
            Arrays.copyOf(gzip(padded(9000)), 60),
            request -> request.header("Content-Encoding", "gzip"));
    assertThat(cut.status()).isEqualTo(400);
    assertThat(cut.error()).contains("broken gzip");
    nothingIsLeft();
  }

  @Test
  @DisplayName("a request that cannot be is answered in the one form of errors")
  void wrongRequests() throws Exception {
    kiln.start();
    wrong(
        "POST",
        "/leads?sorce=x",
        "text/csv",
        400,
        "unknown parameter \"sorce\"; did you mean \"source\"?");
    wrong(
        "POST",
        "/leads?CamelHttpUri=x",
        "text/csv",
        400,
        "unknown parameter \"CamelHttpUri\"; valid: dedupe, priority, source");
    wrong(
        "POST",
        "/leads?source=a&source=b",
        "text/csv",
        400,
        "the parameter \"source\" is there more than once");
    wrong(
        "POST",
        "/leads?source=..%2Fx",
        "text/csv",
        400,
        "the parameter \"source\" takes up to 100 letters, digits, blanks and . _ - only");
    wrong(
        "POST",
        "/leads?priority=urgent",
        "text/csv",
        400,
        "Unknown priority \"urgent\"; valid: high, normal, low");
    wrong(
        "POST",
        "/leads?dedupe=no",
        "text/csv",
        400,
        "the parameter \"dedupe\" is \"no\"; valid: skip, changed, force");
    wrong(
        "POST",
        "/leads",
        "image/png",
        415,
        "leads do not come as this type: valid are text/csv, application/json and application/x-ndjson");
    wrong(
        "POST",
        "/leads",
        "multipart/form-data",
        415,
        "leads do not come as a form: post the file itself (curl --data-binary @FILE)");
    wrong("PUT", "/leads", "text/csv", 405, "this path takes POST only");
    wrong(
        "POST",
        "/lead",
        "text/csv",
        404,
        "there is nothing at this path; did you mean \"/leads\"?");
    wrong("GET", "/runs/nobody", "text/csv", 404, "there is no run of this id");
    wrong(
        "GET",
        "/runs/a/b",
        "text/csv",
        404,
        "there is nothing at this path; did you mean \"/runs/*\"?");
    wrong("DELETE", "/runs/x", "text/csv", 405, "this path takes GET only");
    assertThat(kiln.snapshot().runs()).isEmpty();
    nothingIsLeft();
  }

  private void wrong(String method, String path, String type, int status, String error)
      throws Exception {
    Answer answer =
        send(
            request(path)
                .header("Content-Type", type)
                .method(method, BodyPublishers.ofString("email\na@b.example\n"))
                .build());
    assertThat(answer.status()).as(answer.response().body()).isEqualTo(status);
    assertThat(answer.error()).isEqualTo(error);
    assertThat(answer.header("Content-Type")).isEqualTo("application/json");
  }

  @Test
  @DisplayName("T12: headers, query and form fields steer nothing")
  void nothingOfARequestSteersARoute() throws Exception {
    kiln.start();
    String elsewhere = kiln.clay().webhookUrl("hook-elsewhere").toString();
    Answer answer =
        post(
            "/leads",
            "email,industry,CamelFileName\na@bank.example,Banking,/tmp/x\n"
                .getBytes(StandardCharsets.UTF_8),
            request ->
                request
                    .header("CamelHttpUri", elsewhere)
                    .header("camelhttppath", "/other")
                    .header("CamelFileName", "../../escaped")
                    .header("CamelBeanMethodName", "refuse")
                    .header("CamelSplitIndex", "7")
                    .header("source", "events")
                    .header("table", "event-attendees")
                    .header("Content-Disposition", "attachment; filename=\"../x.csv\"")
                    .header("Content-Type", "application/x-www-form-urlencoded"));
    assertThat(answer.status()).as(answer.response().body()).isEqualTo(201);
    assertThat(kiln.settled("POST /leads").tables())
        .isEqualTo(Map.of(FINANCE, Map.of(LeadState.ACCEPTED, 1L)));
    assertThat(kiln.requests("elsewhere")).isZero();
    assertThat(kiln.files("")).doesNotContain("escaped", "x.csv", "x");
    soon()
        .untilAsserted(
            () ->
                assertThat(kiln.files("archive"))
                    .containsExactly(answer.json().path("run").asText()));
  }

  // ---- Too large, too slow, too many ----

  @Test
  @DisplayName(
      "T11: 413 comes early by length, by count where none is given, and for what unpacks larger")
  void tooLarge() throws Exception {
    kiln.set("kiln.http.largest-upload", "100KB").start();
    String head =
        request(kiln, "POST /leads HTTP/1.1", "Content-Length: 99999999", "Expect: 100-continue");
    assertThat(head).startsWith("HTTP/1.1 413 ").contains("kiln.http.largest-upload");
    assertThat(head).doesNotContain("100 Continue");

    Answer declared = post("/leads", padded(200_000), request -> request);
    assertThat(declared.status()).isEqualTo(413);
    Answer chunked =
        send(
            request("/leads")
                .POST(BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(padded(200_000))))
                .build());
    assertThat(chunked.status()).isEqualTo(413);
    Answer bomb = post("/leads", gzip(padded(20_000_000)), request -> request);
    assertThat(bomb.status()).isEqualTo(413);
    assertThat(bomb.error()).contains("102400 bytes");
    assertThat(kiln.snapshot().runs()).isEmpty();
    nothingIsLeft();
    assertThat(post("/leads", leads(1, 1, "Banking")).status()).isEqualTo(201);
  }

  /** Sends lines as they are; what comes back until the other side closes. */
  private static String request(RunningKiln kiln, String... lines) throws IOException {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), kiln.http("/").getPort())) {
      socket.setSoTimeout(60_000);
      OutputStream out = socket.getOutputStream();
      out.write(
          (String.join("\r\n", lines) + "\r\nHost: localhost\r\n\r\n")
              .getBytes(StandardCharsets.UTF_8));
      out.flush();
      return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  /** Begins an upload of 1,000 bytes and sends none of its body. */
  private Socket begin() throws IOException {
    Socket socket = new Socket(InetAddress.getLoopbackAddress(), kiln.http("/").getPort());
    socket.setSoTimeout(60_000);
    socket
        .getOutputStream()
        .write(
            "POST /leads HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\nemail\n"
                .getBytes(StandardCharsets.UTF_8));
    return socket;
  }

  @Test
  @DisplayName(
      "T11: an upload that stalls is cut off, an aborted one is gone, and neither leaves a file")
  void slowAndAborted() throws Exception {
    kiln.set("kiln.http.stall", "500ms").start();
    try (Socket slow = begin()) {
      String answer = new String(slow.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertThat(answer).startsWith("HTTP/1.1 408 ").contains("nothing was taken");
    }
    nothingIsLeft();
    kiln.stop();

    kiln.set("kiln.http.stall", "1h").start();
    try (Socket aborted = begin()) {
      soon().untilAsserted(() -> assertThat(kiln.files("spool")).hasSize(1));
      assertThat(aborted.isConnected()).isTrue();
    }
    nothingIsLeft();

    try (Socket open = begin();
        InputStream in = open.getInputStream()) {
      soon().untilAsserted(() -> assertThat(kiln.files("spool")).hasSize(1));
      kiln.stop();
      assertThat(kiln.files("spool")).as("a stop ends it too").isEmpty();
      assertThat(in.readAllBytes()).isEmpty();
    }
  }

  @Test
  @DisplayName("more uploads at once than allowed are answered 429, and the next one is taken")
  void tooMany() throws Exception {
    kiln.set("kiln.http.uploads-at-once", "1").start();
    try (Socket one = begin()) {
      assertThat(one.isConnected()).isTrue();
      soon().untilAsserted(() -> assertThat(kiln.files("spool")).hasSize(1));
      Answer other = post("/leads", leads(1, 1, "Banking"));
      assertThat(other.status()).isEqualTo(429);
      assertThat(other.header("Retry-After")).isEqualTo("5");
    }
    nothingIsLeft();
    soon()
        .untilAsserted(
            () -> assertThat(post("/leads", leads(1, 1, "Banking")).status()).isEqualTo(201));
  }

  @Test
  @DisplayName("what cannot be stored is answered 503, and taken once it can be")
  void cannotStore() throws Exception {
    kiln.start();
    Path spool = kiln.data().resolve("spool");
    Files.delete(spool);
    Files.writeString(spool, "in the way");
    Answer answer = post("/leads", leads(1, 1, "Banking"));
    assertThat(answer.status()).isEqualTo(503);
    assertThat(answer.header("Retry-After")).isEqualTo("30");
    assertThat(kiln.snapshot().runs()).isEmpty();
    Files.delete(spool);
    Files.createDirectory(spool);

    try (Connection ledger =
            DriverManager.getConnection("jdbc:sqlite:" + kiln.data().resolve("kiln.db"));
        Statement sql = ledger.createStatement()) {
      sql.execute(
          "CREATE TRIGGER full BEFORE INSERT ON run BEGIN SELECT RAISE(ABORT, 'full'); END");
      Answer unwritten = post("/leads", leads(1, 1, "Banking"));
      assertThat(unwritten.status()).isEqualTo(503);
      assertThat(unwritten.header("Retry-After")).isEqualTo("30");
      nothingIsLeft();
      sql.execute("DROP TRIGGER full");
    }
    assertThat(post("/leads", leads(1, 1, "Banking")).status()).isEqualTo(201);
  }

  @Test
  @DisplayName("nothing waits for uploads that are being read, and they are answered however late")
  void slowReading() throws Exception {
    kiln.set("kiln.http.uploads-at-once", "9")
        .set("kiln.http.stall", "2s")
        .inRoutes(
            "choose-table.camel.yaml",
            "        - choice:\n",
            """
                    - delay:
                        id: slow
                        expression:
                          constant: 12000
                    - choice:
            """);
    kiln.start();
    List<CompletableFuture<HttpResponse<String>>> slow = new ArrayList<>();
    for (int i = 0; i < 9; i++) {
      slow.add(
          client.sendAsync(
              request("/leads").POST(BodyPublishers.ofString(leads(10 * i, 1, "Banking"))).build(),
              BodyHandlers.ofString()));
    }
    soon().until(() -> kiln.snapshot().runs().size() == 9);
    assertThat(get("/health/ready").status()).isEqualTo(200);
    assertThat(get("/metrics").status()).isEqualTo(200);
    assertThat(slow).noneMatch(CompletableFuture::isDone);
    for (CompletableFuture<HttpResponse<String>> answer : slow) {
      assertThat(answer.get().statusCode())
          .as("after more than the time in which a silent connection is closed")
          .isEqualTo(201);
    }
  }

  @Test
  @DisplayName("a fault of a route leaves the upload in the spool, to be read once that is mended")
  void faultyRoute() throws Exception {
    kiln.inRoutes(
        "choose-table.camel.yaml",
        "        - choice:\n",
        """
                - throwException:
                    id: break
                    exceptionType: java.lang.IllegalStateException
                    message: "a fault in an edited route"
                - choice:
        """);
    kiln.start();
    Answer answer = post("/leads", leads(1, 2, "Banking"));
    assertThat(answer.status()).isEqualTo(202);
    String run = answer.json().path("run").asText();
    assertThat(kiln.files("spool")).containsExactly(run);
    assertThat(get("/runs/" + run).json().path("phase").asText()).isEqualTo("READING");
    Answer again = post("/leads", leads(1, 2, "Banking"));
    assertThat(again.status()).isEqualTo(202);
    assertThat(again.json().path("run").asText()).isEqualTo(run);
    assertThat(kiln.files("spool")).containsExactly(run);
    kiln.stop();

    kiln.inRoutes("choose-table.camel.yaml", "- throwException:", "- log:")
        .inRoutes(
            "choose-table.camel.yaml",
            "            exceptionType: java.lang.IllegalStateException\n",
            "");
    kiln.start();
    assertThat(kiln.settled("POST /leads").states()).isEqualTo(Map.of(LeadState.ACCEPTED, 2L));
    nothingIsLeft();
  }

  @Test
  @DisplayName(
      "a start deletes what did not come in whole, and moves aside what the ledger does not know")
  void startSweeps() throws Exception {
    kiln.start(App.Mode.SEND);
    Path spool = kiln.data().resolve("spool");
    kiln.stop();
    Files.writeString(spool.resolve("20261125-abcdef.part"), "email\na@b.exa");
    Files.writeString(spool.resolve("20261125-abcdeg"), "email\na@b.example\n");
    kiln.start();
    nothingIsLeft();
    assertThat(kiln.snapshot().runs()).as("nobody knows where they come from").isEmpty();
    assertThat(kiln.files("rejects"))
        .as("it may have been answered")
        .containsExactly("20261125-abcdeg");
  }

  // ---- Who may ask ----

  @Test
  @DisplayName("T13: with a token nobody gets in without it, a changed one counts at once")
  void token() throws Exception {
    Path secrets = Files.createDirectories(kiln.places().secrets());
    Files.writeString(secrets.resolve("http-token"), "tell-nobody\n");
    kiln.set("kiln.http.token", "{{secret:http-token}}")
        .set("kiln.http.listen", "0.0.0.0:0")
        .start();
    for (String wrong : List.of("", "Bearer", "Bearer tell-nobod", "Basic tell-nobody")) {
      Answer answer =
          post(
              "/leads",
              new byte[0],
              request -> wrong.isEmpty() ? request : request.header("Authorization", wrong));
      assertThat(answer.status()).isEqualTo(401);
      assertThat(answer.header("WWW-Authenticate")).isEqualTo("Bearer");
      assertThat(answer.response().body()).doesNotContain("tell-nobody");
    }
    assertThat(bearing("tell-nobody").status()).isEqualTo(404);
    assertThat(
            send(request("/runs/x").header("Authorization", "bEARER tell-nobody").GET().build())
                .status())
        .as("a scheme has any case")
        .isEqualTo(404);
    Files.writeString(secrets.resolve("http-token"), "another");
    assertThat(bearing("tell-nobody").status()).isEqualTo(401);
    assertThat(bearing("another").status()).isEqualTo(404);
    Files.delete(secrets.resolve("http-token"));
    assertThat(bearing("another").status()).isEqualTo(503);
  }

  private Answer bearing(String token) throws Exception {
    return send(request("/runs/x").header("Authorization", "Bearer " + token).GET().build());
  }

  @Test
  @DisplayName("T13: a page of another site in a browser on this computer may not ask")
  void otherSites() throws Exception {
    kiln.start();
    Answer page =
        post(
            "/leads",
            "email\na@b.example\n".getBytes(StandardCharsets.UTF_8),
            request -> request.header("Origin", "https://evil.example"));
    assertThat(page.status()).isEqualTo(403);
    assertThat(page.header("Access-Control-Allow-Origin")).isEmpty();
    try (Socket rebound = new Socket(InetAddress.getLoopbackAddress(), kiln.http("/").getPort())) {
      rebound.setSoTimeout(60_000);
      rebound
          .getOutputStream()
          .write(
              "GET /runs/x HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n"
                  .getBytes(StandardCharsets.UTF_8));
      assertThat(new String(rebound.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
          .startsWith("HTTP/1.1 403 ");
    }
    String own = "http://127.0.0.1:" + kiln.http("/").getPort();
    assertThat(send(request("/runs/x").header("Origin", own).GET().build()).status())
        .isEqualTo(404);
  }

  @Test
  @DisplayName("T13: an address that others reach needs a token, which is a secret by reference")
  void unsafeAddresses() {
    kiln.set("kiln.http.listen", "0.0.0.0:0");
    assertThatThrownBy(() -> kiln.start())
        .isInstanceOf(InvalidConfiguration.class)
        .hasMessageContaining("kiln.http.listen is \"0.0.0.0:0\", which other computers reach");
    kiln.set("kiln.http.token", "plain-text");
    assertThatThrownBy(() -> kiln.start())
        .isInstanceOf(InvalidConfiguration.class)
        .hasMessageContaining("must not stand in this file")
        .message()
        .doesNotContain("plain-text");
    kiln.set("kiln.http.token", "{{secret:missing}}");
    assertThatThrownBy(() -> kiln.start())
        .isInstanceOf(InvalidConfiguration.class)
        .hasMessageContaining("which does not exist; create it: it holds the token");
  }

  @Test
  @DisplayName("a port that is taken stops the start and names the cure; off listens nowhere")
  void takenPort() throws Exception {
    try (ServerSocket taken = new ServerSocket(0)) {
      kiln.set("kiln.http.listen", "localhost:" + taken.getLocalPort());
      assertThatThrownBy(() -> kiln.start())
          .isInstanceOf(InvalidConfiguration.class)
          .hasMessageContaining(
              "kiln.http.listen is \"localhost:"
                  + taken.getLocalPort()
                  + "\", where Kiln cannot listen: ")
          .hasMessageEndingWith("; choose another port, or off");
    }
    kiln.set("kiln.http.listen", "off").start();
    assertThat(kiln.app().http()).isEmpty();
  }
}
