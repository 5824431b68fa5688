package dev.kiln;

import com.fasterxml.jackson.core.JsonPointer;
import dev.kiln.clay.DeliveryPolicy;
import dev.kiln.clay.Loopback;
import dev.kiln.clay.Placeholders;
import dev.kiln.clay.Secret;
import dev.kiln.lead.ConfigText;
import dev.kiln.lead.InvalidConfiguration;
import dev.kiln.lead.Mail;
import dev.kiln.lead.NearestWord;
import dev.kiln.ledger.DedupeMode;
import dev.kiln.ledger.Store;
import java.io.IOException;
import java.io.LineNumberReader;
import java.io.StringReader;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.camel.util.TimeUtils;

/**
 * The {@code kiln.*} numbers of {@code config/application.properties}. A key that is left out has
 * the default of the shipped file; an unknown {@code kiln.*} key stops the start. Other keys are
 * Camel's own and are checked by Camel. Does not change once read.
 */
public final class Settings {
  /** The file, within the configuration folder. */
  public static final String FILE = "application.properties";

  private static final String BLOCKED =
      "ssn, social security, national id, passport, driving licence, driver license,"
          + " drivers license, date of birth, birth date, birthdate, birthday, dob, health,"
          + " medical record, medical condition, diagnosis, disability, religion, ethnicity,"
          + " race, sexual orientation, political affiliation, trade union, criminal record,"
          + " credit card, card number, iban, bank account, password";
  private static final String OFF = "off";
  static final String INBOX = "kiln.intake.inbox";

  static final String SPOOL = "kiln.intake.spool";
  private static final String DATA = "{{kiln.data}}";
  static final String LEDGER = "kiln.ledger.url";
  static final String LEDGER_USER = "kiln.ledger.username";
  static final String LEDGER_PASSWORD = "kiln.ledger.password";
  private static final String LISTEN = "kiln.http.listen";
  private static final String JOLOKIA = "kiln.jolokia.listen";
  static final String TOKEN = "kiln.http.token";

  /** Hosts that stand for all addresses of the computer. */
  private static final Set<String> EVERYWHERE = Set.of("0.0.0.0", "::");

  private static final String RESULTS_LISTEN = "kiln.results.listen";
  static final String RESULTS_TOKEN = "kiln.results.token";
  static final String SIGNING_KEY = "kiln.results.signing-key";
  private static final String LEASE = "kiln.delivery.lease";
  private static final Duration SHORTEST_LEASE = Duration.ofSeconds(1);
  static final String NOTIFY = "kiln.results.notify";
  private static final Pattern ADDRESS =
      Pattern.compile("(?:\\[(?<v6>[0-9A-Fa-f:.]+)]|(?<host>[A-Za-z0-9._-]+)):(?<port>\\d{1,5})");
  private static final Pattern SIZE = Pattern.compile("(?<number>\\d{1,12})(?<unit>KB|MB|GB)");

  private static final Map<String, String> DEFAULTS = defaults();

  /** What counts from the next file on, without a restart. */
  private static final Set<String> LIVE =
      Set.of("kiln.intake.blocked", "kiln.mail.personal", "kiln.mail.disposable");

  private final Path file;
  private final Map<String, String> values;
  private final Map<String, String> others = new TreeMap<>();
  private String text = "";

  private Settings(Path file, Map<String, String> values) {
    this.file = file;
    this.values = values;
  }

  private static Map<String, String> defaults() {
    Map<String, String> defaults = new LinkedHashMap<>();
    defaults.put("kiln.intake.poll", "500ms");
    defaults.put("kiln.intake.stability", "2s");
    defaults.put("kiln.intake.try-again", "10s");
    defaults.put(INBOX, DATA + "/inbox");
    defaults.put(SPOOL, DATA + "/spool");
    defaults.put("kiln.intake.claim-lease", "15m");
    defaults.put("kiln.intake.batch-rows", "100");
    defaults.put("kiln.intake.blocked", BLOCKED);
    defaults.put("kiln.mail.personal", "keep");
    defaults.put("kiln.mail.disposable", "keep");
    defaults.put(LEDGER, "");
    defaults.put(LEDGER_USER, "");
    defaults.put(LEDGER_PASSWORD, "");
    defaults.put("kiln.dedupe.mode", "skip");
    defaults.put("kiln.dedupe.window", "90d");
    defaults.put("kiln.delivery.poll", "100ms");
    defaults.put("kiln.delivery.in-flight", "32");
    defaults.put("kiln.delivery.attempts", "8");
    defaults.put("kiln.delivery.first-wait", "5s");
    defaults.put("kiln.delivery.longest-wait", "15m");
    defaults.put("kiln.delivery.unknown", "resend");
    defaults.put("kiln.delivery.recovery", "2m");
    defaults.put(LEASE, "10s");
    defaults.put("kiln.breaker.open", "30s");
    defaults.put("kiln.http.connect-timeout", "5s");
    defaults.put("kiln.http.response-timeout", "30s");
    defaults.put(LISTEN, "127.0.0.1:8040");
    defaults.put(TOKEN, "");
    defaults.put("kiln.http.largest-upload", "1GB");
    defaults.put("kiln.http.uploads-at-once", "16");
    defaults.put("kiln.http.stall", "30s");
    defaults.put("kiln.retention.leads", "90d");
    defaults.put("kiln.retention.files", OFF);
    defaults.put(RESULTS_LISTEN, "off");
    defaults.put(RESULTS_TOKEN, "");
    defaults.put(SIGNING_KEY, "");
    defaults.put("kiln.results.lead-id", "/lead_id");
    defaults.put("kiln.results.check", "1m");
    defaults.put("kiln.results.silence", "1h");
    defaults.put("kiln.results.poll", "1s");
    defaults.put("kiln.results.longest-wait", "5m");
    defaults.put(NOTIFY, "");
    defaults.put(JOLOKIA, "off");
    defaults.put("kiln.alerts.look", "10s");
    defaults.put("kiln.alerts.stalled", "20m");
    defaults.put("kiln.alerts.runway", "7d");
    return Collections.unmodifiableMap(defaults);
  }

  /**
   * Reads the file; a missing file means every default.
   *
   * @param config the configuration folder
   * @throws InvalidConfiguration naming file, line and the nearest valid key or form
   */
  public static Settings read(Path config) {
    Settings settings = load(config);
    for (String key : settings.others.keySet()) {
      if (key.startsWith("kiln.")) {
        throw new InvalidConfiguration(
            settings.file,
            settings.line(key),
            "unknown property " + key + NearestWord.hint(key, DEFAULTS.keySet()));
      }
    }
    settings.check();
    return settings;
  }

  /** What the file says, right or wrong. */
  private static Settings load(Path config) {
    Path file = config.resolve(FILE);
    Map<String, String> values = new LinkedHashMap<>(DEFAULTS);
    Settings settings = new Settings(file, values);
    if (Files.exists(file)) {
      Properties properties = new Properties();
      try {
        settings.text = ConfigText.read(file);
        properties.load(new StringReader(settings.text));
      } catch (IOException | IllegalArgumentException unreadable) {
        throw new InvalidConfiguration(file, "cannot be read: " + unreadable.getMessage());
      }
      for (String key : properties.stringPropertyNames()) {
        if (DEFAULTS.containsKey(key)) {
          values.put(key, properties.getProperty(key).strip());
        } else {
          settings.others.put(key, properties.getProperty(key));
        }
      }
    }
    return settings;
  }

  private void check() {
    for (String key : values.keySet()) {
      try {
        switch (key) {
          case "kiln.intake.batch-rows" -> number(key, 1, 1000);
          case "kiln.delivery.in-flight" -> number(key, 1, 1000);
          case "kiln.delivery.attempts" -> number(key, 1, 100);
          case "kiln.delivery.unknown" -> resend();
          case LEASE -> lease();
          case "kiln.dedupe.mode" -> dedupeMode();
          case "kiln.mail.personal", "kiln.mail.disposable" -> refuses(key);
          case "kiln.intake.blocked" -> blocked();
          case INBOX, SPOOL -> mustBeAbsolute(key);
          case LEDGER -> mustBePostgres();
          case LEDGER_USER -> {}
          case LEDGER_PASSWORD -> mustBeReference(key, "ledger-password");
          case "kiln.http.uploads-at-once" -> number(key, 1, 1000);
          case "kiln.http.largest-upload" -> size(key);
          case LISTEN -> mustBeSafe(listen());
          case TOKEN -> mustBeReference(key, "http-token");
          case RESULTS_LISTEN -> mustBeSecret(resultsListen());
          case RESULTS_TOKEN -> mustBeReference(key, "results-token");
          case SIGNING_KEY -> mustBeReference(key, "results-signing-key");
          case NOTIFY -> mustBeReference(key, "results-notify");
          case "kiln.results.lead-id" -> resultsLeadId();
          case "kiln.retention.leads", "kiln.retention.files" -> kept(key);
          case JOLOKIA -> mustBeLoopback(jolokia());
          default -> duration(key);
        }
      } catch (IllegalArgumentException wrong) {
        throw fault(key, String.valueOf(wrong.getMessage()));
      }
    }
    mustDiffer(List.of(LISTEN, RESULTS_LISTEN, JOLOKIA));
  }

  /** Two that listen at one place would only be told by the one that starts last. */
  private void mustDiffer(List<String> keys) {
    Map<String, InetSocketAddress> taken = new LinkedHashMap<>();
    for (String key : keys) {
      address(key)
          .ifPresent(
              address -> {
                taken.forEach(
                    (earlier, there) -> {
                      if (clash(there, address)) {
                        throw fault(
                            key,
                            "is \""
                                + value(key)
                                + "\", where "
                                + earlier
                                + " listens already: give one of them another port");
                      }
                    });
                taken.put(key, address);
              });
    }
  }

  private static boolean clash(InetSocketAddress one, InetSocketAddress other) {
    return one.getPort() != 0
        && one.getPort() == other.getPort()
        && (one.getHostString().equalsIgnoreCase(other.getHostString())
            || EVERYWHERE.contains(one.getHostString())
            || EVERYWHERE.contains(other.getHostString()));
  }

  private void mustBeAbsolute(String key) {
    if (!value(key).startsWith(DATA + "/") && !Path.of(value(key)).isAbsolute()) {
      throw new IllegalArgumentException(
          "is \""
              + value(key)
              + "\"; valid: an absolute path, or one that begins with "
              + DATA
              + "/");
    }
  }

  private void mustBePostgres() {
    if (!value(LEDGER).isEmpty() && !value(LEDGER).contains("{{")) {
      Store unused = Store.postgres(value(LEDGER), null, null);
    }
  }

  private void mustBeSafe(Optional<InetSocketAddress> listen) {
    if (listen.isPresent()
        && !Loopback.is(listen.get().getHostString())
        && value(TOKEN).isEmpty()) {
      throw new IllegalArgumentException(
          "is \""
              + value(LISTEN)
              + "\", which other computers reach, and "
              + TOKEN
              + " is empty: write "
              + TOKEN
              + " = {{secret:http-token}} and the token into config/secrets/http-token, or listen on 127.0.0.1");
    }
  }

  private void mustBeLoopback(Optional<InetSocketAddress> listen) {
    if (listen.isPresent() && !Loopback.is(listen.get().getHostString())) {
      throw new IllegalArgumentException(
          "is \""
              + value(JOLOKIA)
              + "\", which other computers reach, and Jolokia asks nobody for a token: listen on 127.0.0.1, and reach it from elsewhere through an SSH tunnel");
    }
  }

  private void mustBeSecret(Optional<InetSocketAddress> listen) {
    if (listen.isPresent() && value(RESULTS_TOKEN).isEmpty()) {
      throw new IllegalArgumentException(
          "is \""
              + value(RESULTS_LISTEN)
              + "\", and "
              + RESULTS_TOKEN
              + " is empty: write "
              + RESULTS_TOKEN
              + " = {{secret:results-token}} and the token into config/secrets/results-token");
    }
  }

  private void mustBeReference(String key, String secret) {
    if (!value(key).isEmpty() && !value(key).contains("{{")) {
      throw new IllegalArgumentException(
          "is a secret and must not stand in this file: move it to config/secrets/"
              + secret
              + " and write {{secret:"
              + secret
              + "}}");
    }
  }

  /**
   * A fault of a key, for what can only be seen when it is used.
   *
   * @param key the key
   * @param fault what is wrong with it, beginning with a verb
   */
  InvalidConfiguration fault(String key, String fault) {
    return text.contains(key)
        ? new InvalidConfiguration(file, line(key), key + " " + fault)
        : new InvalidConfiguration(file, key + " " + fault);
  }

  /** The last line with a key: it counts where there are several. */
  private int line(String key) {
    int found = 1;
    try (LineNumberReader lines = new LineNumberReader(new StringReader(text))) {
      String line;
      while ((line = lines.readLine()) != null) {
        String strip = line.strip();
        if (strip.startsWith(key) && strip.substring(key.length()).matches("(|[\\s=:].*)")) {
          found = lines.getLineNumber();
        }
      }
    } catch (IOException impossible) {
      throw new IllegalStateException(impossible);
    }
    return found;
  }

  /** The keys that have another value now and count from the next start on. */
  Set<String> changedAtNextStart(Settings now) {
    Set<String> changed = new TreeSet<>();
    for (String key : DEFAULTS.keySet()) {
      if (!LIVE.contains(key) && !value(key).equals(now.value(key))) {
        changed.add(key);
      }
    }
    for (Settings one : List.of(this, now)) {
      one.others.keySet().stream()
          .filter(key -> !Objects.equals(others.get(key), now.others.get(key)))
          .forEach(changed::add);
    }
    return changed;
  }

  /** Every key with its value: what routes may name in {@code {{...}}}. */
  public Map<String, String> values() {
    return Collections.unmodifiableMap(values);
  }

  /** Rows in a batch, 1 to 1000. */
  public int batchRows() {
    return number("kiln.intake.batch-rows", 1, 1000);
  }

  /** How long a file must be unchanged before it is read. */
  public Duration stability() {
    return duration("kiln.intake.stability");
  }

  /** How long a file or an upload that could not be read to its end rests. */
  public Duration tryAgain() {
    return duration("kiln.intake.try-again");
  }

  /** The folder with high, normal and low, for a Kiln on a data folder. */
  public Path inbox(Path data) {
    return Path.of(value(INBOX).replace(DATA, data.toString()));
  }

  /** Whether the inbox is within the data folder, which is made where it is missing. */
  boolean ownsInbox() {
    return value(INBOX).startsWith(DATA);
  }

  /** The folder of what came over HTTP, for a Kiln on a data folder. */
  public Path spool(Path data) {
    return Path.of(value(SPOOL).replace(DATA, data.toString()));
  }

  /** Whether the spool is within the data folder, so that no other Kiln has it. */
  boolean ownsSpool() {
    return value(SPOOL).startsWith(DATA);
  }

  /** How long a claim on a file of the inbox lasts without renewal. */
  public Duration claimLease() {
    return duration("kiln.intake.claim-lease");
  }

  /** Names of columns that never leave. */
  public List<String> blocked() {
    return Stream.of(value("kiln.intake.blocked").split(",", -1))
        .map(String::strip)
        .filter(name -> !name.isEmpty())
        .toList();
  }

  /** The kinds of mailboxes whose rows are rejected. */
  public Set<Mail> refusedMail() {
    Set<Mail> refused = EnumSet.noneOf(Mail.class);
    for (Mail mail : List.of(Mail.PERSONAL, Mail.DISPOSABLE)) {
      if (refuses("kiln.mail." + mail.word())) {
        refused.add(mail);
      }
    }
    return refused;
  }

  private boolean refuses(String key) {
    return switch (value(key)) {
      case "reject" -> true;
      case "keep" -> false;
      default ->
          throw new IllegalArgumentException("is \"" + value(key) + "\"; valid: keep, reject");
    };
  }

  /** What becomes of leads that their table knows already. */
  public DedupeMode dedupeMode() {
    return DedupeMode.of(value("kiln.dedupe.mode"));
  }

  /** How long a lead's key stays taken after Clay accepted the lead. */
  public Duration dedupeWindow() {
    return duration("kiln.dedupe.window");
  }

  /** How long a circuit breaker stays open before it probes. */
  public Duration breakerOpen() {
    return duration("kiln.breaker.open");
  }

  /** How long to wait for a connection. */
  public Duration connectTimeout() {
    return duration("kiln.http.connect-timeout");
  }

  /** How long to wait for an answer. */
  public Duration responseTimeout() {
    return duration("kiln.http.response-timeout");
  }

  /** Where to listen for HTTP; empty where that is switched off. Port 0 takes any free one. */
  public Optional<InetSocketAddress> listen() {
    return address(LISTEN);
  }

  /** Where to listen for rows that come back; empty where that is switched off. */
  public Optional<InetSocketAddress> resultsListen() {
    return address(RESULTS_LISTEN);
  }

  /** Where Jolokia listens, on this computer; empty where it is switched off. */
  public Optional<InetSocketAddress> jolokia() {
    return address(JOLOKIA);
  }

  private Optional<InetSocketAddress> address(String key) {
    String value = value(key);
    if (value.equals(OFF)) {
      return Optional.empty();
    }
    Matcher address = ADDRESS.matcher(value);
    if (address.matches() && Integer.parseInt(address.group("port")) <= 65535) {
      String host = address.group("v6") == null ? address.group("host") : address.group("v6");
      return Optional.of(
          InetSocketAddress.createUnresolved(host, Integer.parseInt(address.group("port"))));
    }
    throw new IllegalArgumentException(
        "is \"" + value + "\"; valid: host:port, such as 127.0.0.1:8040, or off");
  }

  /**
   * The token that a request must bear, read anew.
   *
   * @return empty where none is asked for
   * @throws InvalidConfiguration if there is no secret of that name
   */
  Optional<Secret> token(Placeholders placeholders) {
    return secret(TOKEN, "the token of HTTP requests", placeholders);
  }

  /** The token that a row which comes back must bear, read anew. */
  Optional<Secret> resultsToken(Placeholders placeholders) {
    return secret(RESULTS_TOKEN, "the token of rows that come back", placeholders);
  }

  /** What signs rows that come back without a token, read anew; empty where nothing does. */
  Optional<Secret> signingKey(Placeholders placeholders) {
    return secret(SIGNING_KEY, "the key that signs rows that come back", placeholders);
  }

  /** Whom to tell of runs that are done, read anew; empty for nobody. */
  Optional<HttpPeer> resultsNotify(Placeholders placeholders) {
    return secret(NOTIFY, "the URL that is told of runs that are done", placeholders)
        .map(url -> HttpPeer.of(url.reveal(), fault -> fault(NOTIFY, fault)));
  }

  /**
   * Where the ledger of a Kiln is kept: for commands that look into it, also where another setting
   * is wrong.
   *
   * @param places its folders
   * @throws InvalidConfiguration if the settings of the ledger cannot be used
   */
  public static Store store(Places places) {
    return load(places.config()).ledger(places);
  }

  /**
   * The folders in which files wait to be read, inbox and spool: for commands that look into them,
   * also where another setting is wrong.
   *
   * @param places the folders of the Kiln
   * @throws InvalidConfiguration if application.properties cannot be read
   */
  public static List<Path> waiting(Places places) {
    Settings settings = load(places.config());
    return List.of(settings.inbox(places.data()), settings.spool(places.data()));
  }

  /**
   * The token that a Kiln asks of a request, read anew: for commands that ask it, also where
   * another setting is wrong.
   *
   * @param places the folders of the Kiln
   * @return empty where none is asked for
   * @throws InvalidConfiguration if there is no secret of that name
   */
  static Optional<Secret> token(Places places) {
    return load(places.config()).token(new Placeholders(places.secrets(), System.getenv()));
  }

  /**
   * How long a lead's key stays taken after Clay accepted the lead: for commands that change leads,
   * also where another setting is wrong.
   *
   * @param places the folders of the Kiln
   * @throws InvalidConfiguration if this one cannot be used
   */
  public static Duration dedupeWindow(Places places) {
    return load(places.config()).alone("kiln.dedupe.window", Settings::dedupeWindow);
  }

  /**
   * How long files are kept that were read: for commands that tell of them, also where another
   * setting is wrong.
   *
   * @param places the folders of the Kiln
   * @return empty for ever
   * @throws InvalidConfiguration if this one cannot be used
   */
  public static Optional<Duration> keptFiles(Places places) {
    return load(places.config()).alone("kiln.retention.files", Settings::keptFiles);
  }

  private <T> T alone(String key, Function<Settings, T> read) {
    try {
      return read.apply(this);
    } catch (IllegalArgumentException wrong) {
      throw fault(key, String.valueOf(wrong.getMessage()));
    }
  }

  /** Where the ledger of a Kiln is kept; secrets are read anew. */
  Store ledger(Places places) {
    String key = LEDGER_PASSWORD;
    try {
      mustBeReference(key, "ledger-password");
      key = LEDGER;
      String url = revealed(key, "the URL of the ledger", places);
      return url.isEmpty() ? Store.embedded(places.data()) : postgres(places, url);
    } catch (IllegalArgumentException wrong) {
      throw fault(key, String.valueOf(wrong.getMessage()));
    }
  }

  /**
   * A ledger in PostgreSQL, with the user and the password of these settings.
   *
   * @param places the folders of the Kiln
   * @param url its URL
   * @throws IllegalArgumentException if it is no such URL, with what is wrong, beginning with a
   *     verb
   */
  public Store postgres(Places places, String url) {
    String user = revealed(LEDGER_USER, "the user of the ledger", places);
    String password = revealed(LEDGER_PASSWORD, "the password of the ledger", places);
    return Store.postgres(url, user.isEmpty() ? null : user, password.isEmpty() ? null : password);
  }

  /** A value that may be a reference, with what it stands for. */
  private String revealed(String key, String holds, Places places) {
    return secret(key, holds, new Placeholders(places.secrets(), System.getenv()))
        .map(Secret::reveal)
        .orElse(value(key));
  }

  /**
   * Reads every secret once that is read anew with each use, so that a start tells of one that is
   * missing, and not a row that comes back and is refused for good.
   *
   * @throws InvalidConfiguration if there is no secret of that name
   */
  void mustHaveSecrets(Placeholders placeholders) {
    Optional<Secret> unused = token(placeholders);
    Optional<HttpPeer> unusedUrl = resultsNotify(placeholders);
    if (resultsListen().isPresent()) {
      Optional<Secret> unusedToken = resultsToken(placeholders);
      Optional<Secret> unusedKey = signingKey(placeholders);
    }
  }

  private Optional<Secret> secret(String key, String holds, Placeholders placeholders) {
    return placeholders.resolve(value(key), holds, fault -> fault(key, fault)).map(Secret::new);
  }

  /** Where the lead_id stands in a row that comes back. */
  JsonPointer resultsLeadId() {
    String value = value("kiln.results.lead-id");
    if (!value.startsWith("/")) {
      throw new IllegalArgumentException(
          "is \"" + value + "\"; valid: a JSON pointer, such as /lead_id or /row/lead_id");
    }
    return JsonPointer.compile(value);
  }

  /** How often to look for rows that did not come back. */
  Duration resultsCheck() {
    return duration("kiln.results.check");
  }

  /** How long a table may take rows and get none back before that is told. */
  Duration resultsSilence() {
    return duration("kiln.results.silence");
  }

  /** The longest wait between two tries of a target that results go on to. */
  Duration resultsLongestWait() {
    return duration("kiln.results.longest-wait");
  }

  /** How long to wait between two looks for alerts. */
  public Duration alertsLook() {
    return duration("kiln.alerts.look");
  }

  /** How long leads may be due without any getting through. */
  public Duration alertsStalled() {
    return duration("kiln.alerts.stalled");
  }

  /** For how long a table's room should last. */
  public Duration alertsRunway() {
    return duration("kiln.alerts.runway");
  }

  /** The address for uploads cannot be listened on. */
  InvalidConfiguration notListening(IOException failure) {
    return notListening(LISTEN, failure);
  }

  /** The address for rows that come back cannot be listened on. */
  InvalidConfiguration resultsNotListening(IOException failure) {
    return notListening(RESULTS_LISTEN, failure);
  }

  /** The address for Jolokia cannot be listened on. */
  InvalidConfiguration jolokiaNotListening(IOException failure) {
    return notListening(JOLOKIA, failure);
  }

  private InvalidConfiguration notListening(String key, IOException failure) {
    if (failure instanceof UnknownHostException) {
      return fault(
          key,
          "is \""
              + value(key)
              + "\", of which nobody knows the host: name an address of this"
              + " computer, such as 127.0.0.1, or off");
    }
    return fault(
            key,
            "is \""
                + value(key)
                + "\", where Kiln cannot listen: "
                + failure.getMessage()
                + "; choose another port, or off")
        .forNow();
  }

  /** How many bytes an upload, or a polled page, may have at most, also once unpacked. */
  public long largestUpload() {
    return size("kiln.http.largest-upload");
  }

  /** How many uploads are taken at once, 1 to 1000. */
  public int uploadsAtOnce() {
    return number("kiln.http.uploads-at-once", 1, 1000);
  }

  /** How long an upload may bring hardly anything before it is cut off. */
  public Duration stall() {
    return duration("kiln.http.stall");
  }

  /** How long a connection may be silent before it is closed: four times {@link #stall}. */
  public Duration idle() {
    return stall().multipliedBy(4);
  }

  /** How long the data of leads is kept after their end; empty for ever. */
  Optional<Duration> keptLeads() {
    return kept("kiln.retention.leads");
  }

  /** How long files are kept that were read; empty for ever. */
  public Optional<Duration> keptFiles() {
    return kept("kiln.retention.files");
  }

  private Optional<Duration> kept(String key) {
    if (value(key).equals(OFF)) {
      return Optional.empty();
    }
    try {
      return Optional.of(duration(key));
    } catch (IllegalArgumentException notADuration) {
      throw new IllegalArgumentException(notADuration.getMessage() + ", or off", notADuration);
    }
  }

  /** The numbers of delivery. */
  public DeliveryPolicy delivery() {
    return new DeliveryPolicy(
        number("kiln.delivery.in-flight", 1, 1000),
        number("kiln.delivery.attempts", 1, 100),
        duration("kiln.delivery.first-wait"),
        duration("kiln.delivery.longest-wait"),
        resend(),
        duration("kiln.delivery.recovery"),
        lease(),
        responseTimeout().plusSeconds(5));
  }

  /** One that is renewed each third must outlast a slow answer of the ledger. */
  private Duration lease() {
    Duration lease = duration(LEASE);
    if (lease.compareTo(SHORTEST_LEASE) < 0) {
      throw new IllegalArgumentException(
          "is \"" + value(LEASE) + "\"; valid: a duration of at least 1s, such as 10s");
    }
    return lease;
  }

  private String value(String key) {
    String value = values.get(key);
    if (value == null) {
      throw new IllegalStateException("No property " + key);
    }
    return value;
  }

  private boolean resend() {
    return switch (value("kiln.delivery.unknown")) {
      case "resend" -> true;
      case "hold" -> false;
      default ->
          throw new IllegalArgumentException(
              "is \"" + value("kiln.delivery.unknown") + "\"; valid: resend, hold");
    };
  }

  private int number(String key, int least, int most) {
    try {
      int number = Integer.parseInt(value(key));
      if (number >= least && number <= most) {
        return number;
      }
    } catch (NumberFormatException notANumber) {
      // told below
    }
    throw new IllegalArgumentException(
        "is \"" + value(key) + "\"; valid: a whole number from " + least + " to " + most);
  }

  private long size(String key) {
    Matcher size = SIZE.matcher(value(key));
    if (size.matches() && Long.parseLong(size.group("number")) > 0) {
      long number = Long.parseLong(size.group("number"));
      return switch (size.group("unit")) {
        case "KB" -> number << 10;
        case "MB" -> number << 20;
        default -> number << 30;
      };
    }
    throw new IllegalArgumentException(
        "is \"" + value(key) + "\"; valid: a size above 0, such as 500KB, 20MB, 1GB");
  }

  private Duration duration(String key) {
    return durationOf(value(key))
        .orElseThrow(() -> new IllegalArgumentException(noDuration(value(key))));
  }

  /** A duration above 0; empty where a text is none. A number alone is none: nobody means 90 ms. */
  static Optional<Duration> durationOf(String text) {
    try {
      if (!text.matches("\\d*")) {
        return Optional.of(TimeUtils.toDuration(text))
            .filter(duration -> !duration.isNegative() && !duration.isZero());
      }
    } catch (IllegalArgumentException | IndexOutOfBoundsException notADuration) {
      // letters alone are an index out of bounds to Camel
    }
    return Optional.empty();
  }

  /** What is wrong with a text that should be a duration; continues its name. */
  static String noDuration(String text) {
    return "is \"" + text + "\"; valid: a duration above 0, such as 500ms, 30s, 15m, 2h, 90d";
  }
}
