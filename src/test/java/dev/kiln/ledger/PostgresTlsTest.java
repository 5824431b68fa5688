package dev.kiln.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.KeyStore;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.util.Base64;
import org.jdbi.v3.core.Handle;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A real PostgreSQL that lets nobody in without TLS and a password. */
@Tag("postgresql")
final class PostgresTlsTest {
  private static final String PASSWORD = "hush";

  private static Path folder;
  private static EmbeddedPostgres server;

  @BeforeAll
  static void start(@TempDir Path temporary) throws Exception {
    folder = temporary;
    Path key = certify("server");
    certify("stranger");
    Files.setPosixFilePermissions(key, PosixFilePermissions.fromString("rw-------"));
    server =
        EmbeddedPostgres.builder()
            .setDataDirectory(folder.resolve("data"))
            .setPGStartupWait(Duration.ofMinutes(1))
            .setServerConfig("ssl", "on")
            .setServerConfig("ssl_cert_file", folder.resolve("server.pem").toString())
            .setServerConfig("ssl_key_file", key.toString())
            .start();
    try (Connection connection = server.getPostgresDatabase().getConnection();
        Statement statement = connection.createStatement()) {
      statement.execute("CREATE ROLE kiln LOGIN PASSWORD '" + PASSWORD + "'");
      statement.execute("CREATE SCHEMA AUTHORIZATION kiln");
      Files.writeString(folder.resolve("data/pg_hba.conf"), "hostssl all kiln all scram-sha-256\n");
      statement.execute("SELECT pg_reload_conf()");
    }
  }

  @AfterAll
  static void stop() throws IOException {
    server.close();
  }

  /** Makes a key and a certificate of localhost, signed by itself: name.key and name.pem. */
  private static Path certify(String name) throws Exception {
    Path store = folder.resolve(name + ".p12");
    Process keytool =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-genkeypair",
                "-keystore",
                store.toString(),
                "-storepass",
                "changeit",
                "-alias",
                name,
                "-keyalg",
                "RSA",
                "-dname",
                "CN=localhost",
                "-ext",
                "SAN=dns:localhost")
            .inheritIO()
            .start();
    assertThat(keytool.waitFor()).isZero();
    KeyStore keys = KeyStore.getInstance(store.toFile(), "changeit".toCharArray());
    pem(name + ".pem", "CERTIFICATE", keys.getCertificate(name).getEncoded());
    return pem(
        name + ".key", "PRIVATE KEY", keys.getKey(name, "changeit".toCharArray()).getEncoded());
  }

  private static Path pem(String file, String kind, byte[] content) throws IOException {
    return Files.writeString(
        folder.resolve(file),
        "-----BEGIN %1$s-----%n%2$s%n-----END %1$s-----%n"
            .formatted(
                kind,
                Base64.getMimeEncoder(64, "\n".getBytes(StandardCharsets.US_ASCII))
                    .encodeToString(content)));
  }

  private static Store store(String password, String options) {
    return Store.postgres(
        "jdbc:postgresql://localhost:" + server.getPort() + "/postgres?" + options,
        "kiln",
        password);
  }

  private static String trusting(String name) {
    return "sslmode=verify-full&sslrootcert=" + folder.resolve(name + ".pem");
  }

  private static void isRefused(Store store, String reason) {
    assertThatThrownBy(() -> Ledger.open(store))
        .isInstanceOf(LedgerUnavailable.class)
        .hasMessageContaining(reason)
        .hasMessageNotContaining(PASSWORD);
  }

  @Test
  void aLedgerIsKeptBehindTlsAndAPassword() {
    Store store = store(PASSWORD, trusting("server"));
    Ledger.open(store).close();
    assertThat(Ledger.exists(store)).isTrue();
    try (Handle handle = store.connect()) {
      assertThat(
              handle
                  .createQuery("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()")
                  .mapTo(Boolean.class)
                  .one())
          .isTrue();
    }
  }

  @Test
  void aServerThatCannotProveItselfIsNotTalkedTo() {
    isRefused(store(PASSWORD, trusting("stranger")), "sslrootcert");
    isRefused(store(PASSWORD, trusting("server").replace("server.pem", "none.pem")), "none.pem");
  }

  @Test
  void aServerWithoutTlsIsNotTalkedToWhereTheUrlAsksForIt() {
    isRefused(
        Store.postgres(
            "jdbc:postgresql://localhost:" + PostgresServer.port() + "/postgres?sslmode=require",
            "postgres",
            PASSWORD),
        "whether the server speaks TLS");
  }

  @Test
  void whoBringsNoTlsOrNoPasswordIsNotLetIn() {
    isRefused(store(PASSWORD, "sslmode=disable"), "kiln.ledger.username");
    isRefused(store("wrong", trusting("server")), "kiln.ledger.username");
  }
}
