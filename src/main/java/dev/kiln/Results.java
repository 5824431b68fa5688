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
import java.util.HexFormat;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
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

  private static final String SIGNATURE = "X-Clay-Signature";

  private final Ledger ledger;
  private final JsonPointer leadId;
  private final Supplier<Optional<Secret>> signingKey;
  private final AtomicInteger reading = new AtomicInteger();

  /**
   * A receiver.
   *
   * @param ledger where rows are kept
   * @param leadId where a row names its lead
   * @param signingKey the key of signatures, asked for anew with each; empty for none
   */
  Results(Ledger ledger, JsonPointer leadId, Supplier<Optional<Secret>> signingKey) {
    this.ledger = ledger;
    this.leadId = leadId;
    this.signingKey = signingKey;
  }

  /** Whether a request bears a signature instead of the token: it is looked at with the body. */
  boolean signed(HttpServerRequest request) {
    return request.getHeader(SIGNATURE) != null && key().isPresent();
  }

  private Optional<Secret> key() {
    try {
      return signingKey.get();
    } catch (InvalidConfiguration gone) {
      LOG.error("Signatures cannot be checked: {}", gone.getMessage());
      return Optional.empty();
    }
  }

  /** Takes a row. */
  void post(HttpCall call) throws HttpRefusal {
    String length = call.header("Content-Length");
    if (length.matches("\\d+") && (length.length() > 9 || Integer.parseInt(length) > LARGEST)) {
      throw tooLarge();
    }
    if (reading.incrementAndGet() > MOST_READING) {
      reading.decrementAndGet();
      throw new HttpRefusal(HttpReply.later(429, 1, "too many rows at once; try again"));
    }
    new Row(call).begin();
  }

  private static HttpRefusal tooLarge() {
    return new HttpRefusal(413, "a row may have at most " + LARGEST + " bytes");
  }

  /** One row on its way in. Confined to its event loop. */
  private final class Row {
    private final HttpCall call;
    private final Buffer body = Buffer.buffer();
    private boolean ended;

    Row(HttpCall call) {
      this.call = call;
    }

    void begin() {
      call.request().exceptionHandler(gone -> end());
      call.request().handler(this::take);
      call.request()
          .endHandler(
              all -> {
                if (!ended) {
                  ended = true;
                  byte[] bytes = body.getBytes();
                  call.answer(() -> keep(call, bytes), reading::decrementAndGet);
                }
              });
      if (call.header("Expect").equalsIgnoreCase("100-continue")) {
        call.request().response().writeContinue();
      }
    }

    private void take(Buffer piece) {
      if (ended) {
        return;
      }
      body.appendBuffer(piece);
      if (body.length() > LARGEST) {
        end();
        Future<Void> unused = call.answer(tooLarge().reply());
      }
    }

    private void end() {
      if (!ended) {
        ended = true;
        reading.decrementAndGet();
      }
    }
  }

  private HttpReply keep(HttpCall call, byte[] body) throws HttpRefusal {
    String signature = call.header(SIGNATURE);
    Optional<Secret> key = signature.isEmpty() ? Optional.empty() : key();
    if (key.isPresent() && !HttpListener.same(signature, sign(body, key.get()))) {
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
