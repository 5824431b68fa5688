package dev.kiln;

import com.fasterxml.jackson.core.JsonPointer;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.kiln.clay.Secret;
import dev.kiln.lead.EnrichedRow;
import dev.kiln.lead.InvalidConfiguration;
import dev.kiln.ledger.Ledger;
import dev.kiln.ledger.Receipt;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * {@code POST /results/<table>}: the enriched rows that Clay's HTTP API column sends, one a
 * request. A row is durable before it is answered. What cannot be taken now is answered 429: Clay
 * tries that once more, and a 5xx never.
 */
final class Results {
  private static final Logger LOG = LoggerFactory.getLogger(Results.class);

  /** Answers that are made at once; they share the ledger's commits. */
  static final int AT_ONCE = 32;

  /** The largest row that is taken. */
  static final int LARGEST = 1_000_000;

  /** Rows that are being read at once. */
  private static final int MOST_READING = 500;

  /** Bytes of rows that are in memory at once, until each is stored. */
  private static final int MOST_BYTES = 32_000_000;

  /** The same of rows that are signed: who sent them is known once they are whole. */
  private static final int MOST_SIGNED_BYTES = 8_000_000;

  private static final String SIGNATURE = "X-Clay-Signature";
  private static final Pattern SIGNATURE_FORM = Pattern.compile("sha256=[0-9a-f]{64}");

  private final Ledger ledger;
  private final JsonPointer leadId;
  private final Supplier<Optional<Secret>> signingKey;
  private final Duration stall;
  private final AtomicInteger reading = new AtomicInteger();
  private final AtomicInteger bytes = new AtomicInteger();
  private final AtomicInteger signedBytes = new AtomicInteger();

  /**
   * A receiver.
   *
   * @param ledger where rows are kept
   * @param leadId where a row names its lead
   * @param signingKey the key of signatures, asked for anew with each; empty for none
   * @param stall how long a row may take to come in whole
   */
  Results(
      Ledger ledger, JsonPointer leadId, Supplier<Optional<Secret>> signingKey, Duration stall) {
    this.ledger = ledger;
    this.leadId = leadId;
    this.signingKey = signingKey;
    this.stall = stall;
  }

  /**
   * Whether a request bears a signature instead of the token: it is looked at with the body. So is
   * one of which that cannot be told at present, which {@link #post} sends away.
   */
  boolean signed(HttpServerRequest request) {
    try {
      return isSigned(request);
    } catch (HttpRefusal notNow) {
      return true;
    }
  }

  private boolean isSigned(HttpServerRequest request) throws HttpRefusal {
    return request.getHeader(SIGNATURE) != null && key().isPresent();
  }

  private Optional<Secret> key() throws HttpRefusal {
    try {
      return signingKey.get();
    } catch (InvalidConfiguration gone) {
      LOG.error("Signatures cannot be checked: {}", gone.getMessage());
      throw noKey();
    }
  }

  private static HttpRefusal noKey() {
    return new HttpRefusal(
        HttpReply.later(429, 30, "the signature cannot be checked; nothing was taken"));
  }

  /** Takes a row. */
  void post(HttpCall call) throws HttpRefusal {
    String length = call.header("Content-Length");
    if (length.matches("\\d+") && (length.length() > 9 || Integer.parseInt(length) > LARGEST)) {
      throw tooLarge();
    }
    boolean signed = isSigned(call.request());
    if (signed && !SIGNATURE_FORM.matcher(call.header(SIGNATURE)).matches()) {
      throw new HttpRefusal(
          401, "the header " + SIGNATURE + " is not sha256= and 64 hexadecimal digits");
    }
    if (reading.incrementAndGet() > MOST_READING) {
      reading.decrementAndGet();
      throw tooMany();
    }
    new Row(call, signed).begin();
  }

  private static HttpRefusal tooMany() {
    return new HttpRefusal(HttpReply.later(429, 1, "too many rows at once; try again"));
  }

  private static HttpRefusal tooLarge() {
    return new HttpRefusal(413, "a row may have at most " + LARGEST + " bytes");
  }

  /** One row on its way in. Confined to its event loop. */
  private final class Row {
    private final HttpCall call;
    private final boolean signed;
    private Buffer body = Buffer.buffer();
    private long deadline;
    private boolean ended;

    Row(HttpCall call, boolean signed) {
      this.call = call;
      this.signed = signed;
    }

    void begin() {
      deadline =
          call.vertx()
              .setTimer(
                  stall.toMillis(),
                  late ->
                      sendAway(
                          new HttpRefusal(
                              408, "the row took longer than kiln.http.stall; nothing was taken")));
      call.request().exceptionHandler(gone -> giveUp());
      call.request().handler(this::take);
      call.request().endHandler(all -> end());
      if (call.header("Expect").equalsIgnoreCase("100-continue")) {
        call.request().response().writeContinue();
      }
    }

    private void take(Buffer piece) {
      if (ended) {
        return;
      }
      body.appendBuffer(piece);
      int all = bytes.addAndGet(piece.length());
      int unproven = signed ? signedBytes.addAndGet(piece.length()) : 0;
      if (body.length() > LARGEST) {
        sendAway(tooLarge());
      } else if (all > MOST_BYTES || unproven > MOST_SIGNED_BYTES) {
        sendAway(tooMany());
      }
    }

    private void end() {
      if (!ended) {
        leave();
        Buffer whole = body;
        call.answer(() -> keep(call, signed, whole.getBytes()), this::forget);
      }
    }

    private void sendAway(HttpRefusal refusal) {
      giveUp();
      Future<Void> unused = call.answer(refusal.reply());
    }

    private void giveUp() {
      if (!ended) {
        leave();
        forget();
      }
    }

    private void leave() {
      ended = true;
      call.vertx().cancelTimer(deadline);
    }

    /** Its connection may stay for long, its bytes may not. */
    private void forget() {
      reading.decrementAndGet();
      bytes.addAndGet(-body.length());
      if (signed) {
        signedBytes.addAndGet(-body.length());
      }
      body = Buffer.buffer();
    }
  }

  /** Keeps a row; what it was let in by decides whether its signature is looked at. */
  private HttpReply keep(HttpCall call, boolean signed, byte[] body) throws HttpRefusal {
    if (signed
        && !HttpListener.same(
            call.header(SIGNATURE), sign(body, key().orElseThrow(Results::noKey)))) {
      throw new HttpRefusal(401, "the header " + SIGNATURE + " does not fit the body");
    }
    EnrichedRow row = EnrichedRow.of(body, leadId);
    Receipt receipt;
    try {
      receipt = ledger.receive(call.segment(), row);
    } catch (RuntimeException unavailable) {
      LOG.warn("A row that came back is sent away: {}", unavailable.getMessage());
      return HttpReply.later(429, 30, "Kiln cannot store at present; nothing was taken");
    }
    String shown = EnrichedRow.mayBeLeadId(row.leadId()) ? row.leadId() : "of no lead";
    switch (receipt.kind()) {
      case LATE -> LOG.info("Row {} came back, and is kept: {}", shown, receipt.note());
      case QUARANTINED ->
          LOG.warn("Row {} came back, and is kept apart: {}", shown, receipt.note());
      case STORED, KNOWN -> {}
    }
    return HttpReply.of(
        200,
        JsonNodeFactory.instance
            .objectNode()
            .put("result", receipt.kind().name().toLowerCase(Locale.ROOT))
            .put("note", receipt.note()));
  }

  /** As Clay signs: {@code sha256=} and the HMAC of the raw body, keyed with the whole secret. */
  private static String sign(byte[] body, Secret key) {
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(key.reveal().getBytes(StandardCharsets.UTF_8), "HmacSHA256"));
      return "sha256=" + HexFormat.of().formatHex(mac.doFinal(body));
    } catch (GeneralSecurityException impossible) {
      throw new IllegalStateException("every JDK has HmacSHA256", impossible);
    }
  }
}
