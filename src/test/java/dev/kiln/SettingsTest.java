package dev.kiln;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kiln.clay.DeliveryPolicy;
import dev.kiln.lead.InvalidConfiguration;
import dev.kiln.lead.Mail;
import dev.kiln.ledger.DedupeMode;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The numbers of application.properties: defaults, and what is said of a fault. */
final class SettingsTest {
  private final Path config;

  SettingsTest(@TempDir Path config) {
    this.config = config;
  }

  private Settings read(String properties) throws IOException {
    Files.writeString(config.resolve(Settings.FILE), properties);
    return Settings.read(config);
  }

  @Test
  @DisplayName("without a file every key has its default")
  void defaults() {
    Settings settings = Settings.read(config);
    assertThat(settings.batchRows()).isEqualTo(100);
    assertThat(settings.stability()).isEqualTo(Duration.ofSeconds(2));
    assertThat(settings.tryAgain()).isEqualTo(Duration.ofSeconds(10));
    assertThat(settings.dedupeWindow()).isEqualTo(Duration.ofDays(90));
    assertThat(settings.dedupeMode()).isEqualTo(DedupeMode.SKIP);
    assertThat(settings.refusedMail()).isEmpty();
    assertThat(settings.blocked()).contains("ssn", "date of birth", "health");
    assertThat(settings.breakerOpen()).isEqualTo(Duration.ofSeconds(30));
    assertThat(settings.connectTimeout()).isEqualTo(Duration.ofSeconds(5));
    assertThat(settings.responseTimeout()).isEqualTo(Duration.ofSeconds(30));
    assertThat(settings.delivery())
        .isEqualTo(
            new DeliveryPolicy(
                32,
                8,
                Duration.ofSeconds(5),
                Duration.ofMinutes(15),
                true,
                Duration.ofMinutes(2),
                Duration.ofSeconds(10),
                Duration.ofSeconds(35)));
  }

  @Test
  @DisplayName("a key that is given counts, in every form of a properties file")
  void values() throws IOException {
    Settings settings =
        read(
            """
            # comment
            kiln.intake.batch-rows: 7
            kiln.delivery.unknown hold
              kiln.breaker.open=1500ms
            kiln.intake.blocked = a b, \\
              c,,
            kiln.mail.personal = reject
            kiln.dedupe.mode = Changed
            camel.main.name = other
            """);
    assertThat(settings.batchRows()).isEqualTo(7);
    assertThat(settings.delivery().resend()).isFalse();
    assertThat(settings.breakerOpen()).isEqualTo(Duration.ofMillis(1500));
    assertThat(settings.blocked()).containsExactly("a b", "c");
    assertThat(settings.refusedMail()).containsExactly(Mail.PERSONAL);
    assertThat(settings.dedupeMode()).isEqualTo(DedupeMode.CHANGED);
    assertThat(settings.values()).doesNotContainKey("camel.main.name");
  }

  @ParameterizedTest(name = "{0}")
  @DisplayName("a fault names file, line, key and what would be valid")
  @CsvSource(
      delimiter = '|',
      value = {
        "kiln.breaker.opne = 1s | unknown property kiln.breaker.opne; did you mean \"kiln.breaker.open\"?",
        "kiln.delivery.inflight = 1 | unknown property kiln.delivery.inflight; did you mean \"kiln.delivery.in-flight\"?",
        "kiln.intake.batch-rows = 0 | kiln.intake.batch-rows is \"0\"; valid: a whole number from 1 to 1000",
        "kiln.intake.batch-rows = 1001 | kiln.intake.batch-rows is \"1001\"; valid: a whole number from 1 to 1000",
        "kiln.delivery.in-flight = many | kiln.delivery.in-flight is \"many\"; valid: a whole number from 1 to 1000",
        "kiln.delivery.attempts = -1 | kiln.delivery.attempts is \"-1\"; valid: a whole number from 1 to 100",
        "kiln.dedupe.mode = none | kiln.dedupe.mode is \"none\"; valid: skip, changed, force",
        "kiln.mail.personal = drop | kiln.mail.personal is \"drop\"; valid: keep, reject",
        "kiln.mail.disposable = | kiln.mail.disposable is \"\"; valid: keep, reject",
        "kiln.delivery.unknown = drop | kiln.delivery.unknown is \"drop\"; valid: resend, hold",
        "kiln.breaker.open = soon | kiln.breaker.open is \"soon\"; valid: a duration above 0, such as 500ms, 30s, 15m, 2h, 90d",
        "kiln.dedupe.window = 90 | kiln.dedupe.window is \"90\"; valid: a duration above 0, such as 500ms, 30s, 15m, 2h, 90d",
        "kiln.breaker.open = 0s | kiln.breaker.open is \"0s\"; valid: a duration above 0, such as 500ms, 30s, 15m, 2h, 90d",
        "kiln.dedupe.window = -5s | kiln.dedupe.window is \"-5s\"; valid: a duration above 0, such as 500ms, 30s, 15m, 2h, 90d",
        "kiln.intake.inbox = leads | kiln.intake.inbox is \"leads\"; valid: an absolute path, or one that begins with {{kiln.data}}/",
        "kiln.http.listen = 8040 | kiln.http.listen is \"8040\"; valid: host:port, such as 127.0.0.1:8040, or off",
        "kiln.http.listen = localhost:70000 | kiln.http.listen is \"localhost:70000\"; valid: host:port, such as 127.0.0.1:8040, or off",
        "kiln.http.listen = kiln.example:80 | kiln.http.listen is \"kiln.example:80\", which other computers reach, and kiln.http.token is empty: write kiln.http.token = {{secret:http-token}} and the token into config/secrets/http-token, or listen on 127.0.0.1",
        "kiln.http.token = abc | kiln.http.token is a secret and must not stand in this file: move it to config/secrets/http-token and write {{secret:http-token}}",
        "kiln.ledger.url = data/kiln.db | kiln.ledger.url is no URL of PostgreSQL; valid: jdbc:postgresql://host:5432/database",
        "kiln.ledger.url = jdbc:postgresql://a:b@db/kiln | kiln.ledger.url holds a user or a password: name them in kiln.ledger.username and kiln.ledger.password",
        "kiln.ledger.password = abc | kiln.ledger.password is a secret and must not stand in this file: move it to config/secrets/ledger-password and write {{secret:ledger-password}}",
        "kiln.http.largest-upload = 1 | kiln.http.largest-upload is \"1\"; valid: a size above 0, such as 500KB, 20MB, 1GB",
        "kiln.http.largest-upload = 0MB | kiln.http.largest-upload is \"0MB\"; valid: a size above 0, such as 500KB, 20MB, 1GB",
        "kiln.http.uploads-at-once = 0 | kiln.http.uploads-at-once is \"0\"; valid: a whole number from 1 to 1000",
        "kiln.delivery.lease = 2ms | kiln.delivery.lease is \"2ms\"; valid: a duration of at least 1s, such as 10s",
        "kiln.retention.leads = ever | kiln.retention.leads is \"ever\"; valid: a duration above 0, such as 500ms, 30s, 15m, 2h, 90d, or off",
        "kiln.http.response-timeout = | kiln.http.response-timeout is \"\"; valid: a duration above 0, such as 500ms, 30s, 15m, 2h, 90d",
      })
  void faults(String line, String fault) {
    assertThatThrownBy(() -> read("# first\n\n" + line + "\nkiln.intake.poll = 1s\n"))
        .isInstanceOf(InvalidConfiguration.class)
        .hasMessage(config.resolve(Settings.FILE) + ":3: " + fault);
  }

  @Test
  @DisplayName("how long things are kept")
  void retention() throws IOException {
    assertThat(Settings.read(config).keptLeads()).contains(Duration.ofDays(90));
    assertThat(Settings.read(config).keptFiles()).isEmpty();
    Settings settings = read("kiln.retention.leads = off\nkiln.retention.files = 30d\n");
    assertThat(settings.keptLeads()).isEmpty();
    assertThat(settings.keptFiles()).contains(Duration.ofDays(30));
  }

  @Test
  @DisplayName("the inbox is in the data folder, or anywhere else")
  void inbox() throws IOException {
    Path data = Path.of("some/data");
    assertThat(Settings.read(config).inbox(data)).isEqualTo(data.resolve("inbox"));
    assertThat(Settings.read(config).claimLease()).isEqualTo(Duration.ofMinutes(15));
    assertThat(read("kiln.intake.inbox = /mnt/leads").inbox(data)).isEqualTo(Path.of("/mnt/leads"));
  }

  @Test
  @DisplayName("two that would listen at one place are refused, with the line of the later one")
  void onePlaceForEach() throws IOException {
    String results = "kiln.results.token = {{env:T}}\nkiln.results.listen = ";
    assertThatThrownBy(() -> read(results + "127.0.0.1:8040"))
        .hasMessageContaining(
            "application.properties:2: kiln.results.listen is \"127.0.0.1:8040\", where kiln.http.listen"
                + " listens already: give one of them another port");
    assertThatThrownBy(() -> read(results + "0.0.0.0:8040"))
        .hasMessageContaining("where kiln.http.listen listens already");
    assertThatThrownBy(() -> read("kiln.jolokia.listen = 127.0.0.1:8040"))
        .hasMessageContaining("kiln.jolokia.listen is");
    assertThat(read(results + "10.0.0.1:8040").resultsListen()).isPresent();
    assertThat(read("kiln.http.listen = 127.0.0.1:0\n" + results + "127.0.0.1:0").listen())
        .isPresent();
  }

  @Test
  @DisplayName("where to listen, and how much to take")
  void http() throws IOException {
    Settings defaults = Settings.read(config);
    assertThat(defaults.listen()).contains(InetSocketAddress.createUnresolved("127.0.0.1", 8040));
    assertThat(defaults.largestUpload()).isEqualTo(1L << 30);
    assertThat(defaults.uploadsAtOnce()).isEqualTo(16);
    assertThat(defaults.stall()).isEqualTo(Duration.ofSeconds(30));
    Settings settings = read("kiln.http.listen = [::1]:0\nkiln.http.largest-upload = 20MB\n");
    assertThat(settings.listen()).contains(InetSocketAddress.createUnresolved("::1", 0));
    assertThat(settings.largestUpload()).isEqualTo(20L << 20);
    assertThat(read("kiln.http.listen = LOCALHOST:1").listen()).isPresent();
    assertThat(read("kiln.http.listen = off").listen()).isEmpty();
    assertThat(read("kiln.http.listen = 0.0.0.0:1\nkiln.http.token = {{env:T}}\n").listen())
        .isPresent();
  }

  @Test
  @DisplayName("a key that begins as another does is not taken for it")
  void lineOfAKeyThatBeginsAlike() {
    assertThatThrownBy(
            () -> read("kiln.intake.poll = 1s\nkiln.intake.poll-x = 1\nkiln.intake.pol = 2s\n"))
        .isInstanceOf(InvalidConfiguration.class)
        .hasMessageMatching(
            ".*:(2: unknown property kiln.intake.poll-x|3: unknown property kiln.intake.pol);.*");
  }

  @Test
  @DisplayName("a file that is no properties file is named")
  void brokenFile() {
    assertThatThrownBy(() -> read("kiln.intake.poll = \\u00zz\n"))
        .isInstanceOf(InvalidConfiguration.class)
        .hasMessageStartingWith(config.resolve(Settings.FILE) + ": cannot be read: ");
  }
}
