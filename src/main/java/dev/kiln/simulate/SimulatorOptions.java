package dev.kiln.simulate;

/**
 * How a {@link Simulator} starts and what it answers. The defaults are Clay's own limits as its
 * documents give them.
 *
 * @param host the address to bind; default 127.0.0.1, and meant to stay there: the control plane
 *     asks nobody for a password
 * @param port 0 to 65535; 0, the default, takes a free one
 * @param limits the rate of every workspace that has none of its own; default 10/s, burst 20
 * @param caps of webhooks and tables that say nothing else; default 50,000 each
 * @param latency the time from a request to its answer. The row is judged and stored at once, only
 *     the answer waits; default none
 * @param answers what Clay's documents leave open
 * @param autoCreate whether an unknown webhook comes into being, in workspace {@code main}, when
 *     first posted to; else it is 404. Default true
 * @param keepBodies whether stored rows keep their text; default true. Without it a million rows
 *     fit into about 300 MB
 * @param seed of every random draw; default 1
 */
public record SimulatorOptions(
    String host,
    int port,
    Limits limits,
    Caps caps,
    Delay latency,
    Answers answers,
    boolean autoCreate,
    boolean keepBodies,
    long seed) {

  /**
   * Checks the port.
   *
   * @throws IllegalArgumentException when it is none
   */
  public SimulatorOptions {
    if (port < 0 || port > 65_535) {
      throw new IllegalArgumentException("port: 0 to 65535, not " + port);
    }
  }

  /**
   * The allowance of a workspace, all its webhooks together: a token bucket.
   *
   * @param ratePerSecond requests a second, 0.001 to 1,000,000; 0 = no limit
   * @param burst how many may come at once, 1 to 1,000,000
   */
  public record Limits(double ratePerSecond, int burst) {
    /** What Clay documents: 10 requests a second, burst 20, per workspace. */
    public static final Limits CLAY = new Limits(10, 20);

    /**
     * Checks the bounds.
     *
     * @throws IllegalArgumentException when a value is outside
     */
    public Limits {
      if (ratePerSecond != 0 && !(ratePerSecond >= 0.001 && ratePerSecond <= 1_000_000)) {
        throw new IllegalArgumentException(
            "ratePerSecond: 0.001 to 1000000, or 0 for no limit, not " + ratePerSecond);
      }
      if (burst < 1 || burst > 1_000_000) {
        throw new IllegalArgumentException("burst: 1 to 1000000, not " + burst);
      }
    }
  }

  /**
   * The caps of webhooks and tables that were not defined otherwise.
   *
   * @param webhook rows a webhook accepts in its life, 0 or more
   * @param table rows a table holds, 0 or more
   */
  public record Caps(int webhook, int table) {
    /** What Clay documents: 50,000 each. */
    public static final Caps CLAY = new Caps(50_000, 50_000);

    /**
     * Checks the bounds.
     *
     * @throws IllegalArgumentException when a cap is negative
     */
    public Caps {
      if (webhook < 0 || table < 0) {
        throw new IllegalArgumentException("a cap is 0 or more");
      }
    }
  }

  /** The body of a 2xx: Clay has been seen to send both. */
  public enum SuccessBody {
    /** {@code {"success":true}}. */
    JSON,
    /** The bare text {@code OK}. */
    TEXT,
    /** JSON and text in turn. */
    ALTERNATING
  }

  /**
   * Answers that Clay's documents leave open.
   *
   * @param successStatus of a stored row, 200 to 299; default 200
   * @param successBody default {@link SuccessBody#JSON}
   * @param tooLargeStatus of a body over 100,000 bytes, 400 to 499; default 400 as documented, 413
   *     as seen in the field
   * @param tableFullStatus when the table is full and the webhook is not, 400 to 599; default 403
   * @param tableFullBody its text; default {@code Table row limit reached}
   */
  public record Answers(
      int successStatus,
      SuccessBody successBody,
      int tooLargeStatus,
      int tableFullStatus,
      String tableFullBody) {
    /** The documented answers, or the likeliest. */
    public static final Answers CLAY =
        new Answers(200, SuccessBody.JSON, 400, 403, "Table row limit reached");

    /**
     * Checks the bounds.
     *
     * @throws IllegalArgumentException when a status is outside
     */
    public Answers {
      requireStatus("successStatus", successStatus, 200, 299);
      requireStatus("tooLargeStatus", tooLargeStatus, 400, 499);
      requireStatus("tableFullStatus", tableFullStatus, 400, 599);
    }

    private static void requireStatus(String name, int status, int least, int most) {
      if (status < least || status > most) {
        throw new IllegalArgumentException(name + ": " + least + " to " + most + ", not " + status);
      }
    }
  }

  /**
   * Clay as its documents describe it, on a free port of the loopback address.
   *
   * @return the defaults
   */
  public static SimulatorOptions defaults() {
    return new SimulatorOptions(
        "127.0.0.1", 0, Limits.CLAY, Caps.CLAY, Delay.NONE, Answers.CLAY, true, true, 1);
  }

  /**
   * These options on another address.
   *
   * @param newHost the address to bind
   * @param newPort the port, 0 for a free one
   * @return the changed copy
   * @throws IllegalArgumentException when the port is none
   */
  public SimulatorOptions withAddress(String newHost, int newPort) {
    return new SimulatorOptions(
        newHost, newPort, limits, caps, latency, answers, autoCreate, keepBodies, seed);
  }

  /**
   * These options with another rate.
   *
   * @param ratePerSecond requests a second for each workspace; 0 = no limit
   * @param burst how many may come at once
   * @return the changed copy
   * @throws IllegalArgumentException when a value is outside the bounds of {@link Limits}
   */
  public SimulatorOptions withLimits(double ratePerSecond, int burst) {
    Limits changed = new Limits(ratePerSecond, burst);
    return new SimulatorOptions(
        host, port, changed, caps, latency, answers, autoCreate, keepBodies, seed);
  }

  /**
   * These options with other caps.
   *
   * @param webhook rows a webhook accepts in its life
   * @param table rows a table holds
   * @return the changed copy
   * @throws IllegalArgumentException when a cap is negative
   */
  public SimulatorOptions withCaps(int webhook, int table) {
    Caps changed = new Caps(webhook, table);
    return new SimulatorOptions(
        host, port, limits, changed, latency, answers, autoCreate, keepBodies, seed);
  }

  /**
   * These options with another latency.
   *
   * @param changed the time from a request to its answer
   * @return the changed copy
   */
  public SimulatorOptions withLatency(Delay changed) {
    return new SimulatorOptions(
        host, port, limits, caps, changed, answers, autoCreate, keepBodies, seed);
  }

  /**
   * These options with other answers.
   *
   * @param changed the answers
   * @return the changed copy
   */
  public SimulatorOptions withAnswers(Answers changed) {
    return new SimulatorOptions(
        host, port, limits, caps, latency, changed, autoCreate, keepBodies, seed);
  }

  /**
   * These options with unknown webhooks created or refused.
   *
   * @param changed whether an unknown webhook comes into being when first posted to
   * @return the changed copy
   */
  public SimulatorOptions withAutoCreate(boolean changed) {
    return new SimulatorOptions(
        host, port, limits, caps, latency, answers, changed, keepBodies, seed);
  }

  /**
   * These options with bodies kept or dropped.
   *
   * @param changed whether stored rows keep their text
   * @return the changed copy
   */
  public SimulatorOptions withKeepBodies(boolean changed) {
    return new SimulatorOptions(
        host, port, limits, caps, latency, answers, autoCreate, changed, seed);
  }

  /**
   * These options with another seed.
   *
   * @param changed the seed of every random draw
   * @return the changed copy
   */
  public SimulatorOptions withSeed(long changed) {
    return new SimulatorOptions(
        host, port, limits, caps, latency, answers, autoCreate, keepBodies, changed);
  }
}
