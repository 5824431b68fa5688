package dev.kiln;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.kiln.clay.Secret;
import dev.kiln.lead.InvalidConfiguration;
import java.io.IOException;
import java.net.InetAddress;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/**
 * The Kiln that runs on a data folder, as a command on the same computer reaches it: over HTTP,
 * where it listens, with its token. Thread-safe.
 */
public final class LiveKiln {
  /** Longer than a route takes to stop. */
  private static final Duration LONGEST = Duration.ofMinutes(2);

  private static final Duration CONNECT = Duration.ofSeconds(5);
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Path data;
  private final URI root;
  private final Optional<Secret> token;
  private final Outbound outbound = new Outbound(CONNECT);

  private LiveKiln(Path data, URI root, Optional<Secret> token) {
    this.data = data;
    this.root = root;
    this.token = token;
  }

  /**
   * Finds it.
   *
   * @param places its data folder, and the configuration that has its token
   * @throws InvalidConfiguration if none runs there, or it does not listen
   */
  public static LiveKiln on(Places places) throws IOException {
    if (!DataLock.held(places.data())) {
      throw new InvalidConfiguration(
          places.data(), "has no Kiln that runs: start it with \"kiln run\"");
    }
    URI root =
        DataLock.listening(places.data())
            .orElseThrow(
                () ->
                    new InvalidConfiguration(
                        places.data(),
                        "has a Kiln that does not listen (yet): it must be \"kiln run\", and"
                            + " kiln.http.listen in "
                            + places.config().resolve(Settings.FILE)
                            + " other than off"));
    return new LiveKiln(places.data(), reachable(root), Settings.token(places));
  }

  /** An address that means every one of this computer is asked at its own. */
  private static URI reachable(URI root) throws IOException {
    InetAddress host = InetAddress.getByName(root.getHost());
    return host.isAnyLocalAddress()
        ? URI.create(
            "http://"
                + (root.getHost().startsWith("[") ? "[::1]" : "127.0.0.1")
                + ":"
                + root.getPort())
        : root;
  }

  /**
   * What is at a path.
   *
   * @throws InvalidConfiguration if it does not answer, or refuses
   */
  public JsonNode get(String path) throws InterruptedException {
    return ask(HttpRequest.newBuilder(root.resolve(path)).GET());
  }

  /**
   * Has an order carried out, and returns when it was.
   *
   * @throws InvalidConfiguration if it does not answer, or refuses
   */
  public JsonNode order(String name, ObjectNode order) throws InterruptedException {
    return ask(
        HttpRequest.newBuilder(root.resolve("/orders/" + name))
            .header("Content-Type", "application/json")
            .POST(BodyPublishers.ofString(order.toString())));
  }

  private JsonNode ask(HttpRequest.Builder request) throws InterruptedException {
    token.ifPresent(known -> request.header("Authorization", "Bearer " + known.reveal()));
    try {
      HttpResponse<String> answer =
          outbound.client().send(request.timeout(LONGEST).build(), BodyHandlers.ofString());
      JsonNode json = JSON.readTree(answer.body());
      if (answer.statusCode() / 100 != 2) {
        throw fault("says: " + json.path("error").asText("HTTP " + answer.statusCode()));
      }
      return json;
    } catch (IOException failure) {
      throw fault("does not answer at " + root + " (" + failure.getClass().getSimpleName() + ")");
    }
  }

  private InvalidConfiguration fault(String what) {
    return new InvalidConfiguration(data, "has a Kiln that runs, which " + what);
  }
}
