package dev.kiln;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.cli.Main;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** The image, as far as can be told without building it: DistributionIT runs what is in it. */
final class ContainerfileTest {
  /** A port where nobody listens. */
  private static final int NOBODYS = 1;

  private final Containerfile file;

  ContainerfileTest() throws Exception {
    file = new Containerfile();
  }

  @Test
  @DisplayName("it is built with a JDK 17 and runs on a JRE 17, both of one exact version")
  void stages() throws Exception {
    Pattern exact =
        Pattern.compile(
            "docker\\.io/library/eclipse-temurin:(17\\.\\d+\\.\\d+_\\d+)-(jdk|jre)-[a-z]+( AS build)?");
    assertThat(file.all("FROM")).hasSize(2).allMatch(exact.asMatchPredicate());
    assertThat(file.all("FROM").get(0)).contains("-jdk-").endsWith(" AS build");
    assertThat(file.all("FROM").get(1))
        .contains("-jre-")
        .startsWith(file.all("FROM").get(0).replaceAll("-jdk-.*", ""));
    assertThat(file.all("COPY")).containsExactly(". .", "--from=build /image/ /");
    assertThat(String.join("\n", file.all("RUN")))
        .contains(
            "./mvnw ", "target/kiln-*.tar.gz", "config/deploy/container/application.properties");
    assertThat(Files.readAllLines(Path.of(Containerfile.FILE + ".dockerignore")))
        .as("no secret gets into an image")
        .containsSubsequence("config/secrets/*", "!config/secrets/README");
  }

  @Test
  @DisplayName("it runs the launcher without a shell in between, as a user without rights")
  void process() throws Exception {
    assertThat(Containerfile.words(file.one("ENTRYPOINT"))).containsExactly("/opt/kiln/kiln");
    assertThat(Files.readString(Path.of("kiln"))).contains("\nexec \"$java\"");
    assertThat(Main.commands().getSubcommands())
        .containsKeys(Containerfile.words(file.one("CMD")).toArray(String[]::new));
    assertThat(file.one("STOPSIGNAL")).isEqualTo("SIGTERM");
    assertThat(file.one("USER")).isEqualTo("10001:10001");
    assertThat(String.join("\n", file.all("RUN")))
        .contains("--gid 10001", "--uid 10001", "-o 10001 -g 10001");
  }

  @Test
  @DisplayName("its variables are those that the commands ask for, and its port is Kiln's")
  void places() throws Exception {
    Map<String, String> variables = new TreeMap<>(file.pairs("ENV"));
    assertThat(variables.remove("LANG")).isEqualTo("C.UTF-8");
    CommandLine run = Objects.requireNonNull(Main.commands().getSubcommands().get("run"));
    assertThat(variables.keySet())
        .isEqualTo(
            Pattern.compile("KILN_\\w+")
                .matcher(run.getUsageMessage())
                .results()
                .map(MatchResult::group)
                .collect(Collectors.toSet()));
    assertThat(Containerfile.words(file.one("VOLUME"))).containsExactly(variables.get("KILN_DATA"));
    InetSocketAddress listen = Settings.read(Containerfile.FOLDER).listen().orElseThrow();
    assertThat(listen.getHostString()).isEqualTo("0.0.0.0");
    assertThat(file.one("EXPOSE")).isEqualTo(String.valueOf(listen.getPort()));
    assertThat(file.pairs("LABEL"))
        .containsEntry("org.opencontainers.image.version", ManifestTest.version())
        .containsEntry("org.opencontainers.image.licenses", "Apache-2.0")
        .containsKeys("org.opencontainers.image.title", "org.opencontainers.image.description");
  }

  @Test
  @DisplayName("its health check needs no curl; it and the manifests ask for what a Kiln answers")
  void health(@TempDir Path folder) throws Exception {
    try (RunningKiln kiln = new RunningKiln(folder)) {
      Path secrets = Files.createDirectories(kiln.places().secrets());
      Files.writeString(secrets.resolve("http-token"), "open-sesame");
      kiln.set("kiln.http.token", "{{secret:http-token}}").start();
      assertThat(healthOf(kiln.http("/").getPort())).isZero();
      for (String path : ManifestTest.asked()) {
        assertThat(status(kiln.http(path), path.startsWith("/health/") ? "" : "open-sesame"))
            .as(path)
            .isEqualTo(200);
      }
    }
    assertThat(healthOf(NOBODYS)).isNotZero();
  }

  private int healthOf(int port) throws Exception {
    String check = file.one("HEALTHCHECK");
    List<String> words =
        new ArrayList<>(Containerfile.words(check.substring(check.indexOf("CMD [") + 4)));
    assertThat(words.get(2)).contains("/8040 ");
    words.set(2, words.get(2).replace("/8040 ", "/" + port + " "));
    Process process = new ProcessBuilder(words).inheritIO().start();
    assertThat(process.waitFor(1, TimeUnit.MINUTES)).isTrue();
    return process.exitValue();
  }

  private static int status(URI uri, String token) throws Exception {
    HttpRequest.Builder request = HttpRequest.newBuilder(uri);
    if (!token.isEmpty()) {
      request.header("Authorization", "Bearer " + token);
    }
    return HttpClient.newHttpClient().send(request.build(), BodyHandlers.discarding()).statusCode();
  }
}
