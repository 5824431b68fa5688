package dev.kiln.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.cli.KilnProcess.Ended;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The archive that the build makes, unpacked somewhere else and used. */
final class DistributionIT {
  /** The user of the image. */
  private static final String USER = "10001";

  private static Path unpacked(Path folder, String name) throws IOException, InterruptedException {
    Path archive;
    try (Stream<Path> built = Files.list(KilnProcess.PROJECT.resolve("target"))) {
      archive =
          built
              .filter(file -> file.getFileName().toString().matches(name))
              .findFirst()
              .orElseThrow();
    }
    run("tar", "-xzf", archive.toString(), "-C", folder.toString());
    try (Stream<Path> top = Files.list(folder)) {
      return top.findFirst().orElseThrow();
    }
  }

  private static List<String> names(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }

  private static Set<String> files(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      return files
          .filter(Files::isRegularFile)
          .map(file -> folder.relativize(file).toString())
          .collect(Collectors.toSet());
    }
  }

  @Test
  void whatIsUnpackedDelivers(@TempDir Path folder, @TempDir Path elsewhere) throws Exception {
    Path home = unpacked(elsewhere, "kiln-[0-9.]+\\.tar\\.gz");
    assertThat(names(home))
        .containsExactly(
            "CHANGELOG.md", "LICENSE", "README.md", "config", "kiln", "kiln.jar", "lib", "routes");
    assertThat(names(home.resolve("config/secrets"))).containsExactly("README");

    try (KilnProcess check = KilnProcess.start(home, folder, List.of(), List.of("check"))) {
      Ended ended = check.end();
      assertThat(ended.exit()).isEqualTo(Main.USAGE);
      assertThat(ended.err())
          .contains(home.resolve("config/clay.yaml").toString(), "secrets/tech-1-url");
    }
    assertThat(files(home.resolve("config/deploy")))
        .contains("container/Containerfile", "camel-k/integration.yaml")
        .isEqualTo(files(KilnProcess.PROJECT.resolve("config/deploy")));

    Path own = folder.resolve("own");
    try (KilnProcess init =
        KilnProcess.start(
            home, folder, List.of(), List.of("init", own.toString(), "--simulator"))) {
      assertThat(init.end().exit()).isZero();
    }
    List<String> there =
        List.of(
            "check",
            "--config",
            own.resolve("config").toString(),
            "--routes",
            own.resolve("routes").toString());
    try (KilnProcess check = KilnProcess.start(home, folder, List.of(), there)) {
      assertThat(check.end().exit()).isZero();
    }
    try (Rehearsal rehearsal = new Rehearsal(folder, "--rate", "0")) {
      rehearsal.properties("kiln.http.token = {{secret:http-token}}");
      rehearsal.write("secrets/http-token", "open-sesame");
      rehearsal.drop("leads.csv", Rehearsal.leads("lead", 50));
      Path temporary = Files.createDirectory(folder.resolve("tmp"));
      List<String> way = asInTheImage(home, folder);
      try (KilnProcess kiln =
          KilnProcess.start(home, folder, way, List.of("run"), "-Djava.io.tmpdir=" + temporary)) {
        rehearsal.awaitDistinct(50);
        assertThat(kiln.terminate().err()).doesNotContain("WARN", "ERROR");
      }
      assertThat(names(rehearsal.data())).contains("kiln.db");
    }
  }

  @Test
  @DisplayName("the archive for brokers, unpacked over it, is all that a route needs")
  void brokers(@TempDir Path folder, @TempDir Path elsewhere) throws Exception {
    Path home = unpacked(elsewhere, "kiln-[0-9.]+\\.tar\\.gz");
    Path secrets = home.resolve("config/secrets");
    for (String webhook : List.of("tech-1", "tech-2", "finance-1", "inbound-1", "events-1")) {
      Files.writeString(secrets.resolve(webhook + "-url"), "https://clay.example/" + webhook);
      Files.writeString(secrets.resolve(webhook + "-token"), "t0ken");
    }
    Files.writeString(secrets.resolve("jms-url"), "tcp://127.0.0.1:1");
    Path routes = home.resolve("routes/intake-jms.camel.yaml");
    Files.writeString(
        routes,
        Files.readString(routes)
            + """
            - templatedRoute:
                routeTemplateRef: intake-jms
                routeId: intake-jms-inbound
                prefixId: "inbound-"
                parameters:
                  - { name: source, value: inbound }
                  - { name: queue, value: leads }
                  - { name: url, value: jms-url }
            """);
    try (KilnProcess check = KilnProcess.start(home, folder, List.of(), List.of("check"))) {
      Ended ended = check.end();
      assertThat(ended.exit()).isEqualTo(Main.USAGE);
      assertThat(ended.err())
          .contains("source inbound needs camel-jms", "brokers.tar.gz", "extra/");
    }
    assertThat(unpacked(elsewhere, "kiln-[0-9.]+-brokers\\.tar\\.gz")).isEqualTo(home);
    assertThat(names(home.resolve("extra")))
        .anyMatch(jar -> jar.startsWith("camel-jms-"))
        .anyMatch(jar -> jar.startsWith("camel-kafka-"))
        .noneMatch(jar -> jar.startsWith("netty-") || jar.contains("-server-"))
        .doesNotContainAnyElementsOf(names(home.resolve("lib")));
    try (KilnProcess check = KilnProcess.start(home, folder, List.of(), List.of("check"))) {
      Ended ended = check.end();
      assertThat(ended.err()).isEmpty();
      assertThat(ended.exit()).isZero();
    }
  }

  /**
   * The way to run a command as the image does: places by variables, a program that cannot be
   * written to, and, where that may be chosen, the image's user.
   */
  private static List<String> asInTheImage(Path home, Path folder) throws Exception {
    run("chmod", "-R", "a-w,a+rX", Objects.requireNonNull(home.getParent()).toString());
    run("chmod", "-R", "a+rX", folder.toString());
    List<String> way = new ArrayList<>();
    if (System.getProperty("user.name").equals("root")) {
      for (String owned : List.of("data", "tmp", "secrets")) {
        run("chown", "-R", USER + ":" + USER, folder.resolve(owned).toString());
      }
      way.addAll(List.of("setpriv", "--reuid", USER, "--regid", USER, "--clear-groups"));
    }
    way.addAll(
        List.of(
            "env",
            "KILN_CONFIG=" + folder.resolve("config"),
            "KILN_ROUTES=" + home.resolve("routes"),
            "KILN_SECRETS=" + folder.resolve("secrets"),
            "KILN_DATA=" + folder.resolve("data")));
    return way;
  }

  private static void run(String... command) throws IOException, InterruptedException {
    assertThat(new ProcessBuilder(command).inheritIO().start().waitFor())
        .as(String.join(" ", command))
        .isZero();
  }
}
