package io.heddle.proxy.engine.exchange;

import io.heddle.proxy.api.HeaderName;
import io.heddle.proxy.api.LocalReply;
import io.heddle.proxy.api.RuntimeView;
import io.heddle.proxy.codec.ResponseHead;
import io.heddle.proxy.engine.accesslog.LogFilter;
import io.heddle.proxy.engine.accesslog.LogWriter;
import io.heddle.proxy.engine.format.Format;
import io.heddle.proxy.engine.route.HeaderEdits;
import io.heddle.xds.model.LocalReplies;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;

/**
 * What becomes of responses that the proxy gives by itself ({@code local_reply_config}), compiled.
 * Immutable; applied on event loops.
 */
final class LocalReplyRules {
  /** Responses stay as they are. */
  static final LocalReplyRules NONE = new LocalReplyRules(List.of(), Optional.empty());

  private static final HeaderName CONTENT_TYPE = HeaderName.of("content-type");
  private static final HeaderName CONTENT_LENGTH = HeaderName.of("content-length");
  private static final String PLAIN = "text/plain";

  private final List<Rule> rules;
  private final Optional<Body> body;

  /** {@code status} is zero where it stays. */
  private record Rule(
      LogFilter filter,
      int status,
      Optional<String> text,
      Optional<Body> body,
      HeaderEdits headers) {}

  private record Body(Format format, String contentType) {}

  private LocalReplyRules(List<Rule> rules, Optional<Body> body) {
    this.rules = rules;
    this.body = body;
  }

  /**
   * Compiles.
   *
   * @throws IllegalArgumentException names an operator that is not supported
   */
  static LocalReplyRules of(LocalReplies config, RuntimeView runtime) {
    if (config.equals(LocalReplies.NONE)) {
      return NONE;
    }
    return new LocalReplyRules(
        config.mappers().stream()
            .map(mapper ->
                new Rule(
                    LogFilter.of(mapper.filter(), runtime),
                    mapper.status(),
                    mapper.text(),
                    mapper.body().map(LocalReplyRules::body),
                    HeaderEdits.of(List.of(mapper.headers()))))
            .toList(),
        config.body().map(LocalReplyRules::body));
  }

  private static Body body(LocalReplies.Body body) {
    return new Body(LogWriter.format(body.format()), body.contentType());
  }

  /**
   * Puts the reply's status, and what belongs to its body, into the head, and returns that body.
   *
   * @param head with the reply's own status, and nothing else
   */
  byte[] apply(LocalReply reply, ResponseHead head, Exchange exchange) {
    String text = reply.body();
    Optional<Body> form = body;
    ExchangeLog log = exchange.log;
    if (!rules.isEmpty()) {
      // What filters and operators ask before anything was sent.
      log.status = reply.status();
    }
    for (int i = 0; i < rules.size(); i++) {
      Rule rule = rules.get(i);
      if (rule.filter().passes(log, exchange.worker.random())) {
        text = rule.text().orElse(text);
        rule.headers().apply(head, log);
        if (rule.status() != 0) {
          head.status(rule.status());
          log.status = rule.status();
        }
        if (rule.body().isPresent()) {
          form = rule.body();
        }
        break;
      }
    }
    String contentType = PLAIN;
    if (form.isPresent()) {
      contentType = form.get().contentType();
      exchange.extras().localReplyBody = text;
      text = form.get().format().renderUtf8(log);
    }
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    if (bytes.length > 0) {
      head.set(CONTENT_LENGTH, Integer.toString(bytes.length));
      if (form.isPresent() || !head.contains(CONTENT_TYPE)) {
        head.set(CONTENT_TYPE, contentType);
      }
    }
    return bytes;
  }
}
