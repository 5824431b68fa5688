package dev.kiln;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static dev.kiln.RunningKiln.EVENTS;
import static dev.kiln.RunningKiln.FINANCE;
import static dev.kiln.RunningKiln.INBOUND;
import static dev.kiln.RunningKiln.TECH;
import static dev.kiln.RunningKiln.leads;
import static dev.kiln.RunningKiln.soon;
import static org.assertj.core.api.Assertions.assertThat;

import com.deque.html.axecore.playwright.AxeBuilder;
import com.deque.html.axecore.results.Rule;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.microsoft.playwright.APIResponse;
import com.microsoft.playwright.Browser;
import com.microsoft.playwright.BrowserContext;
import com.microsoft.playwright.BrowserType;
import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.Playwright;
import com.microsoft.playwright.assertions.PlaywrightAssertions;
import com.microsoft.playwright.options.AriaRole;
import com.microsoft.playwright.options.ColorScheme;
import com.microsoft.playwright.options.ReducedMotion;
import com.microsoft.playwright.options.RequestOptions;
import dev.kiln.ledger.LeadState;
import dev.kiln.ledger.Ledger;
import dev.kiln.ledger.LedgerView.LeadLine;
import dev.kiln.ledger.Pausable;
import dev.kiln.ledger.WaitReason;
import dev.kiln.simulate.Callback;
import dev.kiln.simulate.Delay;
import dev.kiln.simulate.Fault;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/**
 * The status page in a real browser, beside a Kiln that delivers to the simulator: one of each, for
 * all tests. With {@code -Dkiln.screenshot=true} it delivers for some minutes and then takes the
 * README's picture.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
final class StatusPageIT {
  private static final boolean PICTURE = Boolean.getBoolean("kiln.screenshot");
  private static final Path README_PICTURE = Path.of("src", "site", "status.png");
  private static final Path PICTURES = Path.of("target", "status-page");
  private static final int LARGEST_PICTURE = 200_000;

  /** Leads a second: slow enough to be on the way for as long as the tests last. */
  private static final int RATE = 20;

  /** So many have been accepted when the README's picture is taken: five minutes' worth. */
  private static final int PICTURED = 5 * 60 * RATE;

  /** What finance waits for. */
  private static final Fault UNAUTHORIZED =
      Fault.status(401).withWebhook("hook-finance-1").withBody("Unauthorized");

  private static final String BIG = "apollo-saas-emea.csv";
  private static final int WIDE = 1200;
  private static final int PHONE = 360;

  private RunningKiln kiln;
  private Path config;
  private Playwright playwright;
  private Browser browser;

  /** What went wrong in the pages that are open. */
  private final List<String> trouble = new ArrayList<>();

  /** What the pages that are open have asked for. */
  private final List<String> asked = new ArrayList<>();

  private final List<BrowserContext> open = new ArrayList<>();

  // ---- One Kiln and one browser ----

  @BeforeAll
  void start(@TempDir Path folder) throws Exception {
    config = folder.resolve("config");
    Files.writeString(
        Files.createDirectories(config.resolve("secrets")).resolve("results-token"), "shibboleth");
    kiln =
        new RunningKiln(folder)
            .rate(RATE)
            .set("kiln.delivery.unknown", "hold")
            .set("kiln.delivery.attempts", "1")
            .set("kiln.delivery.recovery", "1m")
            .set("kiln.http.response-timeout", "30s")
            .set("kiln.alerts.look", "1s")
            .set("kiln.results.listen", "127.0.0.1:0")
            .set("kiln.results.token", "{{secret:results-token}}")
            .inClayYaml(
                "  outbound-leads-tech:\n    webhooks:\n",
                "  outbound-leads-tech:\n    results: true\n    webhooks:\n")
            .inClayYaml(
                "{{webhook:tech-1}}\" }",
                "{{webhook:tech-1}}\", used: 29214 }\n      - { name: tech-2, url: \"{{webhook:tech-2}}\" }")
            .inClayYaml("{{webhook:inbound-1}}\" }", "{{webhook:inbound-1}}\", used: 12806 }")
            .inClayYaml("{{webhook:events-1}}\" }", "{{webhook:events-1}}\", used: 40275 }")
            .inClayYaml(
                "workspaces:\n",
                """
                budgets:
                  credits: { day: 120000, month: 1500000 }
                  actions: { day: 80000, month: 1000000 }
                workspaces:
                """);
    kiln.clay()
        .faults(
            Fault.of(Fault.Kind.RESET_AFTER_STORE).withWebhook("hook-events-1").withNext(3),
            Fault.status(500).withWebhook("hook-inbound-1").withNext(2),
            Fault.status(422)
                .withWebhook("hook-tech-1")
                .withNext(2)
                .withBody("Column \"employees\" takes numbers only"),
            UNAUTHORIZED);
    kiln.start();
    URI results = URI.create(kiln.app().results().orElseThrow() + "/results/" + TECH);
    kiln.clay()
        .callbacks(
            new Callback(
                results,
                "hook-tech-1",
                Map.of("Authorization", "Bearer shibboleth"),
                Callback.TEMPLATE,
                new Delay(Duration.ofSeconds(2), Duration.ofSeconds(20)),
                100,
                0.92,
                0));
    kiln.drop("high/events/devcon-lisbon-attendees.csv", leads(1, 24, "Software"));
    kiln.drop("high/inbound/webinar-sign-ups.csv", leads(100, 31, "Retail"));
    kiln.drop("normal/hubspot-banks-dach.csv", leads(200, 140, "Banking"));
    kiln.drop("normal/" + BIG, leads(1_000, 2 * PICTURED, "Software"));
    kiln.reaches(EVENTS, LeadState.UNKNOWN, 3);
    kiln.reaches(EVENTS, LeadState.ACCEPTED, 21);
    kiln.reaches(INBOUND, LeadState.DEAD, 2);
    kiln.reaches(INBOUND, LeadState.ACCEPTED, 29);
    kiln.reaches(TECH, LeadState.REFUSED, 2);
    kiln.parked(FINANCE, WaitReason.REFUSING);

    // Its own browser is not fetched: the one that is installed serves.
    playwright =
        Playwright.create(
            new Playwright.CreateOptions()
                .setEnv(Map.of("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "true")));
    PlaywrightAssertions.setDefaultAssertionTimeout(30_000);
    browser =
        playwright
            .chromium()
            .launch(
                new BrowserType.LaunchOptions()
                    .setExecutablePath(
                        Path.of(
                            System.getProperty(
                                "kiln.browser", "/usr/bin/chromium-headless-shell"))));
  }

  @AfterAll
  void stop() {
    if (playwright != null) {
      playwright.close();
    }
    if (kiln != null) {
      kiln.close();
    }
  }

  /** Opens the page and waits until it lives. */
  private Page open(int width, ColorScheme scheme) {
    BrowserContext context =
        browser.newContext(
            new Browser.NewContextOptions()
                .setViewportSize(width, width == PHONE ? 780 : 1_710)
                .setLocale("en-GB")
                .setTimezoneId("UTC")
                .setColorScheme(scheme)
                .setReducedMotion(ReducedMotion.REDUCE));
    open.add(context);
    Page page = context.newPage();
    page.onConsoleMessage(
        message -> {
          if (Set.of("error", "warning").contains(message.type())) {
            trouble.add(message.type() + ": " + message.text());
          }
        });
    page.onPageError(error -> trouble.add("exception: " + error));
    page.onRequest(request -> asked.add(request.url()));
    page.onRequestFailed(
        request -> trouble.add("no answer: " + request.url() + " " + request.failure()));
    page.onResponse(
        response -> {
          if (response.status() >= 400) {
            trouble.add(response.status() + ": " + response.url());
          }
        });
    page.navigate(kiln.http("/").toString());
    assertThat(page.locator("#link-text")).hasText("live");
    assertThat(page.locator("#leads .lead").first()).isVisible();
    assertThat(page.locator("#rate-plot canvas")).isVisible();
    return page;
  }

  private Page open() {
    return open(WIDE, ColorScheme.LIGHT);
  }

  @AfterEach
  void nothingWentWrong() {
    List<String> wrong = List.copyOf(trouble);
    for (BrowserContext context : open) {
      // A request that a route of the test still answers would fail the close that it meets.
      context.pages().forEach(page -> page.navigate("about:blank"));
      context.close();
    }
    open.clear();
    trouble.clear();
    asked.clear();
    assertThat(wrong).as("what the browser complains of").isEmpty();
  }

  private static Locator button(Page page, String name) {
    return page.getByRole(
        AriaRole.BUTTON, new Page.GetByRoleOptions().setName(name).setExact(true));
  }

  private static double number(Locator figure) {
    return Double.parseDouble(figure.innerText().replace(",", ""));
  }

  private List<LeadLine> leadsIn(LeadState state) {
    return kiln.ledgerLines().stream().filter(lead -> lead.state() == state).toList();
  }

  private LeadLine lead(String id) {
    return kiln.ledgerLines().stream()
        .filter(lead -> lead.leadId().equals(id))
        .findFirst()
        .orElseThrow();
  }

  private void becomes(String lead, LeadState state) {
    soon().untilAsserted(() -> assertThat(lead(lead).state()).isEqualTo(state));
  }

  // ---- What it shows ----

  @Test
  @DisplayName("progress and rate move by themselves, and a rate set on the page holds at once")
  void moves() {
    Page page = open();
    page.evaluate("window.unbroken = true");
    Locator progress = page.getByLabel("Progress of " + BIG);
    int before = Integer.parseInt(progress.getAttribute("aria-valuenow"));
    long accepted = (long) number(page.locator("#accepted"));
    soon()
        .untilAsserted(
            () -> {
              assertThat(Integer.parseInt(progress.getAttribute("aria-valuenow")))
                  .isGreaterThan(before);
              assertThat((long) number(page.locator("#accepted"))).isGreaterThan(accepted);
              assertThat(number(page.locator("#rate"))).isGreaterThan(6);
            });
    assertThat(page.locator("#runs")).containsText("left");

    page.locator("#workspaces input").fill("5");
    button(page, "Set rate of main").click();
    assertThat(page.locator("#rate-note")).containsText("of 5/s allowed");
    soon().until(() -> number(page.locator("#rate")) < 6);
    button(page, "As in clay.yaml: rate of main").click();
    assertThat(page.locator("#rate-note")).containsText("of " + RATE + "/s allowed");
    soon().until(() -> number(page.locator("#rate")) > 6);
    assertThat(page.evaluate("window.unbroken")).as("no reload").isEqualTo(true);
  }

  @Test
  @DisplayName("what waits says why, and what cures it; what an operator should know is on top")
  void cures() {
    Page page = open();
    Locator finance =
        page.locator("#tables tbody tr", new Page.LocatorOptions().setHasText(FINANCE));
    assertThat(finance.locator(".why")).containsText("check its URL and token in config/secrets");
    assertThat(page.locator("#problems")).containsText(FINANCE + ": 140 leads wait");
    assertThat(page.locator("#problems"))
        .containsText(Pattern.compile("events-1 .* has taken 40,2\\d\\d rows of its 45,000"));
    assertThat(page.locator("#problems")).containsText("duplicate the Clay table");
    assertThat(page.locator("#webhooks")).containsText("rows left");
    assertThat(page.locator("#budget"))
        .containsText(Pattern.compile("of 120,000 spent \\(\\d+ %\\)"));
    assertThat(page.locator("#results"))
        .containsText(Pattern.compile("Came back\\s*[\\d,]+ of [\\d,]+ leads \\([\\d.]+ %\\)"));
    assertThat(page.locator("#results")).containsText("Onward to files");
    assertThat(page.locator("#version")).hasText(Pattern.compile("\\(unpackaged\\)|\\d+\\.\\d+.*"));
  }

  @Test
  @DisplayName("a save that is refused is told with its file, line and field, until it is mended")
  void refusedSave() throws Exception {
    Page page = open();
    Path yaml = config.resolve("clay.yaml");
    String good = Files.readString(yaml);
    Files.writeString(yaml, good.replace("rate-per-second: ", "rate-per-secnd: "));
    long line = good.substring(0, good.indexOf("rate-per-second")).lines().count();
    assertThat(page.locator("#problems")).containsText("clay.yaml:" + line);
    assertThat(page.locator("#problems")).containsText("rate-per-secnd");
    Files.writeString(yaml, good);
    assertThat(page.locator("#problems")).not().containsText("clay.yaml:");
  }

  @Test
  @DisplayName("a node alone is a line; of several each says what it leads, a silent one its cure")
  void nodes() {
    Ledger ledger = kiln.app().ledger();
    String here = kiln.snapshot().workspaces().get(0).leader();
    ledger.beat(here, "0.1.0", ledger.now().minusSeconds(3_700), Duration.ofHours(1));
    Page page = open();
    assertThat(page.locator("#nodes-quiet")).containsText("One node: " + here);
    assertThat(page.locator("#workspaces .leader"))
        .containsText(Pattern.compile("Led by this node, " + here + ", for .*, since .*2\\d{3}"));

    String silent = "kiln-1.kiln-nodes.kiln.svc.cluster.local-17-0a1b2c3d";
    ledger.beat(silent, "0.1.0", ledger.now().minusSeconds(60), Duration.ZERO);
    ledger.beat("kiln-2-17-4e5f", "0.1.0", ledger.now(), Duration.ofHours(1));
    assertThat(node(page, here)).containsText(Pattern.compile("alive.*this node.*Leads main"));
    assertThat(node(page, "kiln-2-17-4e5f")).containsText("Leads nothing");
    assertThat(node(page, silent))
        .containsText(Pattern.compile("silent.*taken for dead for .*, since "));
    assertThat(node(page, silent)).containsText("main is led by " + here);
    assertThat(node(page, silent)).containsText("by itself under Kubernetes or systemd");
    assertThat(page.locator("#nodes-quiet")).isHidden();
    for (ColorScheme scheme : List.of(ColorScheme.LIGHT, ColorScheme.DARK)) {
      Page phone = open(PHONE, scheme);
      assertThat(node(phone, silent)).isVisible();
      noFindings(phone, "nodes");
      assertThat(
              phone.evaluate(
                  "document.documentElement.scrollWidth - document.documentElement.clientWidth"))
          .isEqualTo(0);
    }

    ledger.leave(silent);
    ledger.leave("kiln-2-17-4e5f");
    assertThat(page.locator("#nodes-quiet")).containsText("One node: " + here);
  }

  private static Locator node(Page page, String name) {
    return page.locator("#nodes > li:has(h3:text-is('" + name + "'))");
  }

  @Test
  @DisplayName("where another node leads the page says which; where none does, why and what cures")
  void ledElsewhere() throws Exception {
    Page page = shown("kiln-0-far");
    assertThat(page.locator("#workspaces .leader")).containsText("Led by kiln-0-far for ");
    assertThat(page.locator("#rate-note")).containsText("sent by another node");
    assertThat(page.locator("#rate-note")).not().containsText("slowed");
    assertThat(page.locator("#hour-note")).containsText("main is led by kiln-0-far");
    assertThat(page.locator("#tables")).containsText("not known here");
    assertThat(page.locator("#state")).hasText("Delivering");
    assertThat(page.locator("#problems")).not().containsText("Nobody leads");

    page = shown("");
    assertThat(page.locator("#problems")).containsText("Nobody leads workspace main");
    assertThat(page.locator("#problems")).containsText("the log of each node says why");
    assertThat(page.locator("#workspaces .leader")).containsText("any lead of its tables waits");
    assertThat(page.locator("#state")).hasText("Nobody delivers");
  }

  /** Opens the page on an account of now in which another node leads, or none. */
  private Page shown(String leader) throws Exception {
    Page page = unfed();
    ObjectNode status = status(page);
    ((ObjectNode) status.at("/workspaces/0")).put("leader", leader);
    ((ObjectNode) status.at("/live/workspaces/0"))
        .put("led_here", false)
        .putNull("pace_per_second");
    status.at("/live/tables").forEach(table -> ((ObjectNode) table).putNull("breaker"));
    if (leader.isEmpty()) {
      ((ObjectNode) status.at("/workspaces/0")).putNull("led_since");
    }
    feed(page, "event: status\ndata: " + status + "\n\n");
    return page;
  }

  /** Opens the page on a stream that says what {@link #feed} says and nothing else. */
  private Page unfed() {
    BrowserContext context = browser.newContext();
    open.add(context);
    Page page = context.newPage();
    page.addInitScript(
        """
        const real = window.fetch;
        window.fetch = (path, options) =>
          path === "status/events"
            ? Promise.resolve(new Response(new ReadableStream({ start: (stream) => {
                window.feed = (text) => stream.enqueue(new TextEncoder().encode(text));
              } })))
            : real(path, options);
        """);
    page.navigate(kiln.http("/").toString());
    return page;
  }

  private static void feed(Page page, String events) {
    page.evaluate("text => window.feed(text)", events);
  }

  /** The account of now. */
  private ObjectNode status(Page page) throws Exception {
    return (ObjectNode)
        new ObjectMapper()
            .readTree(page.context().request().get(kiln.http("/status").toString()).body());
  }

  @Test
  @DisplayName("what is told again and again is there once, and what is wrong now is seen as wrong")
  void toldOnce() throws Exception {
    Page page = unfed();
    ObjectNode status = status(page);
    ObjectNode tables = ((ObjectNode) status.at("/runs/0")).putObject("tables");
    ArrayNode known = (ArrayNode) status.get("tables");
    ArrayNode live = (ArrayNode) status.at("/live/tables");
    ArrayNode held = status.putArray("held");
    for (String table : List.of("leads-1", "leads-2")) {
      tables.putObject(table).put("QUEUED", 5);
      known.add(known.get(0).<ObjectNode>deepCopy().put("table", table));
      live.add(live.get(0).<ObjectNode>deepCopy().put("table", table).put("paused", true));
      held.addObject()
          .put("by", "BUDGET")
          .put("table", table)
          .put("run", "")
          .put("leads", 4)
          .put("reason", "the day is spent");
    }
    String event = "event: status\ndata: " + status + "\n\n";
    feed(page, event.repeat(3));
    assertThat(page.locator("#link-text")).hasText("live");
    assertThat(page.locator("#runs > li").first().getByText("leads wait for leads-")).hasCount(2);
    assertThat(page.locator("#budget-held > li")).hasCount(2);

    feed(page, "event: problem\ndata: {\"error\":\"The ledger cannot be read\"}\n\n:\n\n");
    assertThat(page.locator("#link-text")).hasText("The ledger cannot be read");
    assertThat(page.locator("body")).hasClass("lost");
    feed(page, event);
    assertThat(page.locator("#link-text")).hasText("live");
    assertThat(page.locator("body")).hasClass("live");
  }

  @Test
  @DisplayName("a token that no header can carry is refused where it is typed")
  void tokenOfOtherSigns() {
    Page page = open();
    page.evaluate("document.getElementById('token').showModal()");
    Map.of("shib\u2013boleth", false, "two words", false, "", false, " shibboleth-1 ", true)
        .forEach(
            (token, taken) -> {
              page.locator("#token-value").fill(token);
              assertThat(page.evaluate("document.getElementById('token-value').checkValidity()"))
                  .as(token)
                  .isEqualTo(taken);
            });
  }

  // ---- What it orders ----

  @Test
  @DisplayName("leads in doubt and dead ones are settled from the page, as the ledger shows")
  void retries() {
    Page page = open();
    List<LeadLine> doubtful = leadsIn(LeadState.UNKNOWN);
    String arrived = doubtful.get(0).leadId();
    button(page, "Arrived: lead " + arrived).click();
    assertThat(page.locator("#said")).containsText("Leads accepted: 1.");
    becomes(arrived, LeadState.ACCEPTED);

    String again = doubtful.get(1).leadId();
    button(page, "Send again: lead " + again).click();
    becomes(again, LeadState.ACCEPTED);
    assertThat(lead(again).possibleDuplicate()).isTrue();

    String dead = leadsIn(LeadState.DEAD).get(0).leadId();
    button(page, "Retry: lead " + dead).click();
    becomes(dead, LeadState.ACCEPTED);
    for (String id : List.of(arrived, again, dead)) {
      assertThat(
              page.locator("#leads").getByText(id, new Locator.GetByTextOptions().setExact(true)))
          .hasCount(0);
    }
  }

  @Test
  @DisplayName("a table and a workspace are paused and go on from the page")
  void pauses() {
    Page page = open();
    button(page, "Pause: table " + INBOUND).click();
    assertThat(button(page, "Resume: table " + INBOUND)).isVisible();
    assertThat(kiln.app().ledger().orders().paused(Pausable.TABLE, INBOUND)).isTrue();
    button(page, "Resume: table " + INBOUND).click();
    assertThat(button(page, "Pause: table " + INBOUND)).isVisible();

    button(page, "Pause: workspace main").click();
    assertThat(page.locator("#state")).hasText("Paused");
    soon().until(() -> number(page.locator("#rate")) == 0);
    page.locator("#problems").getByText("Resume").click();
    assertThat(page.locator("#state")).hasText("Delivering");
    soon().until(() -> number(page.locator("#rate")) > 0);
    assertThat(kiln.app().ledger().orders().paused()).isEmpty();
  }

  // ---- For everybody ----

  @Test
  @DisplayName("everything comes from Kiln itself: it works without the Internet")
  void offline() {
    Page page = open();
    String origin = kiln.http("").toString();
    assertThat(asked)
        .hasSizeGreaterThan(6)
        .allSatisfy(url -> assertThat(url).startsWith(origin + "/"));
    assertThat(page.evaluate("document.fonts.size")).as("fonts that are fetched").isEqualTo(0);
    assertThat(page.locator("#rate-plot canvas")).isVisible();
  }

  @Test
  @DisplayName("no finding of axe and nothing to scroll sideways: light, dark, desktop, phone")
  void accessible() {
    for (ColorScheme scheme : List.of(ColorScheme.LIGHT, ColorScheme.DARK)) {
      for (int width : List.of(WIDE, PHONE)) {
        Page page = open(width, scheme);
        String name = scheme.name().toLowerCase(Locale.ROOT) + "-" + width;
        picture(page, name);
        noFindings(page, name);
        assertThat(
                page.evaluate(
                    "document.documentElement.scrollWidth - document.documentElement.clientWidth"))
            .as(name + " scrolls sideways")
            .isEqualTo(0);
        if (width == PHONE) {
          button(page, "Send all again: all that are in doubt").click();
          assertThat(page.locator("#ask")).isVisible();
          noFindings(page, name + " asks");
        }
        // A page that is not looked at any more takes the next one's time.
        nothingWentWrong();
      }
    }
  }

  private static void noFindings(Page page, String where) {
    List<String> findings = new ArrayList<>();
    for (Rule rule : new AxeBuilder(page).analyze().getViolations()) {
      rule.getNodes()
          .forEach(
              node -> findings.add(rule.getId() + ": " + rule.getHelp() + ": " + node.getHtml()));
    }
    assertThat(findings).as(where).isEmpty();
  }

  @Test
  @DisplayName("every control is reached by Tab, and one sees which has the focus")
  void keyboard() {
    Page page = open();
    Set<String> controls = new TreeSet<>();
    for (Object name :
        (List<?>)
            page.evaluate(
                """
                () => [...document.querySelectorAll("a[href], button, input")]
                  .filter((node) => node.checkVisibility() && !node.closest("dialog"))
                  .map((node) => (node.dataset.name = node.getAttribute("aria-label") || node.id || node.textContent))
                """)) {
      controls.add(String.valueOf(name));
    }
    assertThat(controls).hasSizeGreaterThan(15);
    Set<String> reached = new TreeSet<>();
    for (int i = 0; i < controls.size() + 5; i++) {
      page.keyboard().press("Tab");
      Object name =
          page.evaluate(
              """
              () => {
                const node = document.activeElement;
                const style = getComputedStyle(node);
                const box = node.getBoundingClientRect();
                const seen = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2
                  && box.bottom > 0 && box.right > 0 && box.top < innerHeight && box.left < innerWidth;
                return node.dataset.name === undefined ? "" : node.dataset.name + (seen ? "" : " (unseen)");
              }
              """);
      reached.add(String.valueOf(name));
    }
    reached.remove("");
    assertThat(reached).containsExactlyInAnyOrderElementsOf(controls);

    Locator retry = button(page, "Retry all: all that are refused");
    retry.focus();
    page.keyboard().press("Enter");
    assertThat(button(page, "Leave it")).isFocused();
    page.keyboard().press("Escape");
    assertThat(page.locator("#ask")).isHidden();
    assertThat(retry).isFocused();
    assertThat(leadsIn(LeadState.REFUSED)).hasSize(2);
    page.keyboard().press("Enter");
    page.keyboard().press("Tab");
    assertThat(button(page, "Queue them again")).isFocused();
    page.keyboard().press("Enter");
    kiln.reaches(TECH, LeadState.REFUSED, 0);
  }

  @Test
  @DisplayName("a page of another site can order nothing")
  void otherSites() {
    BrowserContext context = browser.newContext();
    open.add(context);
    Page page = context.newPage();
    // Another port is another origin.
    page.navigate(kiln.clay().uri().resolve("/control/statistics").toString());
    String order = "{\"table\":\"" + TECH + "\"}";
    assertThat(
            page.evaluate(
                """
                async ([url, body]) => {
                  const json = { "Content-Type": "application/json" };
                  const tries = [{ mode: "no-cors" }, { mode: "cors" }, { mode: "cors", headers: json }];
                  const answers = tries.map((one) => fetch(url, { method: "POST", body, ...one }).then((answer) => answer.type, () => "failed"));
                  return (await Promise.all(answers)).join();
                }
                """,
                List.of(kiln.http("/orders/pause").toString(), order)))
        .isEqualTo("opaque,failed,failed");
    APIResponse refused =
        context
            .request()
            .post(
                kiln.http("/orders/pause").toString(),
                RequestOptions.create()
                    .setHeader("Origin", "https://elsewhere.example")
                    .setHeader("Content-Type", "application/json")
                    .setData(order));
    assertThat(refused.status()).isEqualTo(403);
    assertThat(kiln.app().ledger().orders().paused()).isEmpty();
  }

  // ---- Pictures ----

  private static void picture(Page page, String name) {
    page.screenshot(
        new Page.ScreenshotOptions().setPath(PICTURES.resolve(name + ".png")).setFullPage(true));
  }

  @Test
  @Order(Integer.MAX_VALUE)
  @DisplayName("the README's picture of it is small, and made anew on request")
  void readmePicture() throws Exception {
    if (PICTURE) {
      delivers(PICTURED / 2);
      kiln.clay()
          .faults(
              Fault.status(429).withWebhook("hook-tech-1").withRetryAfter("8").withNext(1),
              UNAUTHORIZED);
      delivers(PICTURED);
      Page page = open();
      Files.createDirectories(README_PICTURE.getParent());
      // Written anew, since the browser packs it loosely.
      BufferedImage picture = ImageIO.read(new ByteArrayInputStream(page.screenshot()));
      ImageIO.write(picture, "png", README_PICTURE.toFile());
    }
    assertThat(Files.size(README_PICTURE)).isLessThan(LARGEST_PICTURE);
    assertThat(Files.readString(Path.of("README.md"))).contains("](" + README_PICTURE + ")");
  }

  private void delivers(int leads) {
    soon()
        .atMost(Duration.ofMinutes(15))
        .until(
            () ->
                kiln.count(TECH, LeadState.ACCEPTED) + kiln.count(TECH, LeadState.ENRICHED)
                    >= leads);
  }
}
