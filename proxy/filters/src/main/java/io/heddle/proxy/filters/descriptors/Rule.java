package io.heddle.proxy.filters.descriptors;

import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import io.envoyproxy.envoy.config.route.v3.RateLimit;
import io.envoyproxy.envoy.type.v3.RateLimitUnit;
import io.heddle.proxy.api.FilterConfigException;
import io.heddle.proxy.api.FilterFactoryContext;
import io.heddle.proxy.api.HttpFilterContext;
import io.heddle.proxy.filters.config.RuntimeShare;
import io.heddle.proxy.filters.config.SetFields;
import io.heddle.proxy.filters.config.ValueFormat;
import io.heddle.proxy.filters.descriptors.Descriptor.Entry;
import io.heddle.proxy.filters.descriptors.DescriptorRules.DisableKeys;
import io.heddle.proxy.filters.descriptors.DescriptorRules.Selection;
import io.heddle.xds.model.Fraction;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/**
 * One {@code envoy.config.route.v3.RateLimit}.
 *
 * @param disabled empty where it has no {@code disable_key}; otherwise the share of requests for
 *     which it counts
 * @param atEnd whether it counts when the exchange is over, and refuses nothing
 */
record Rule(
    int stage,
    Optional<RuntimeShare> disabled,
    List<Action> actions,
    Optional<MetadataPath> limit,
    Hits hits,
    boolean atEnd) {
  private static final int LAST_STAGE = 10;
  private static final int MOST_ACTIONS = 64;
  private static final long MOST_HITS = 1_000_000_000;

  /** How much a request counts. */
  sealed interface Hits {
    /** What is counted unless told. */
    enum Unset implements Hits {
      UNSET
    }

    record Fixed(long hits) implements Hits {}

    /** What comes out as a number; where none does, there is no descriptor. */
    record Formatted(ValueFormat format) implements Hits {}
  }

  static Rule of(RateLimit message, String path, boolean ofRoute, FilterFactoryContext context)
      throws FilterConfigException {
    SetFields.allow(
        message,
        path,
        ofRoute
            ? Set.of(
                "stage", "disable_key", "actions", "limit", "hits_addend", "apply_on_stream_done")
            : Set.of("actions", "hits_addend", "apply_on_stream_done"));
    int stage = message.getStage().getValue();
    if (stage < 0 || stage > LAST_STAGE) {
      throw new FilterConfigException(
          SetFields.at(path, "stage"), Integer.toUnsignedString(stage), "0 to " + LAST_STAGE);
    }
    if (message.getActionsCount() == 0 || message.getActionsCount() > MOST_ACTIONS) {
      throw new FilterConfigException(
          SetFields.at(path, "actions"),
          message.getActionsCount() + " actions",
          "1 to " + MOST_ACTIONS);
    }
    List<Action> actions = new ArrayList<>(message.getActionsCount());
    for (int i = 0; i < message.getActionsCount(); i++) {
      actions.add(
          ActionReader.read(
              message.getActions(i), SetFields.at(path, "actions", i), ofRoute, context));
    }
    return new Rule(
        stage,
        message.getDisableKey().isEmpty()
            ? Optional.empty()
            : Optional.of(
                new RuntimeShare(
                    context.runtime(),
                    "ratelimit." + message.getDisableKey() + ".http_filter_enabled",
                    Fraction.ALL)),
        List.copyOf(actions),
        limit(message, path),
        hits(message, path, context),
        message.getApplyOnStreamDone());
  }

  private static Optional<MetadataPath> limit(RateLimit message, String path)
      throws FilterConfigException {
    if (!message.hasLimit()) {
      return Optional.empty();
    }
    String at = SetFields.at(path, "limit");
    if (!message.getLimit().hasDynamicMetadata()) {
      throw new FilterConfigException(at, "nothing", "dynamic_metadata");
    }
    return Optional.of(
        MetadataPath.of(
            message.getLimit().getDynamicMetadata().getMetadataKey(),
            SetFields.at(at, "dynamic_metadata.metadata_key")));
  }

  private static Hits hits(RateLimit message, String path, FilterFactoryContext context)
      throws FilterConfigException {
    if (!message.hasHitsAddend()) {
      return Hits.Unset.UNSET;
    }
    String at = SetFields.at(path, "hits_addend");
    RateLimit.HitsAddend addend = message.getHitsAddend();
    SetFields.allow(addend, at, Set.of("number", "format"));
    if (addend.hasNumber() != addend.getFormat().isEmpty()) {
      throw new FilterConfigException(
          at, addend.hasNumber() ? "number and format" : "nothing", "number or format");
    }
    if (addend.hasNumber()) {
      long number = addend.getNumber().getValue();
      if (number < 0 || number > MOST_HITS) {
        throw new FilterConfigException(
            SetFields.at(at, "number"), Long.toUnsignedString(number), "at most " + MOST_HITS);
      }
      return new Hits.Fixed(number);
    }
    String format = addend.getFormat();
    if (!format.matches("%[^%]+%")) {
      throw new FilterConfigException(
          SetFields.at(at, "format"), format, "one command operator and nothing else");
    }
    return new Hits.Formatted(ValueFormat.of(format, SetFields.at(at, "format"), context));
  }

  boolean selected(Selection selection, HttpFilterContext exchange) {
    return switch (selection) {
      case Selection.All(boolean end) -> end == atEnd;
      case Selection.OfStage(int wanted, DisableKeys keys, boolean end) ->
          wanted == stage
              && end == atEnd
              && (disabled.isEmpty()
                  || (keys == DisableKeys.BY_RUNTIME && disabled.get().hit(exchange.random())));
    };
  }

  void describe(HttpFilterContext exchange, List<Descriptor> into) {
    List<Entry> entries = new ArrayList<>(actions.size());
    for (int i = 0; i < actions.size(); i++) {
      if (!actions.get(i).describe(exchange, entries)) {
        return;
      }
    }
    if (entries.isEmpty()) {
      return;
    }
    OptionalLong count =
        switch (hits) {
          case Hits.Unset.UNSET -> OptionalLong.empty();
          case Hits.Fixed(long fixed) -> OptionalLong.of(fixed);
          case Hits.Formatted(ValueFormat format) -> number(format.format(exchange));
        };
    if (count.isEmpty() && hits instanceof Hits.Formatted) {
      return;
    }
    into.add(new Descriptor(entries, count, override(exchange)));
  }

  private static OptionalLong number(String text) {
    try {
      double value = Double.parseDouble(text);
      return value >= 0 && value <= MOST_HITS
          ? OptionalLong.of((long) value)
          : OptionalLong.empty();
    } catch (NumberFormatException notANumber) {
      return OptionalLong.empty();
    }
  }

  private Optional<Descriptor.OtherLimit> override(HttpFilterContext exchange) {
    if (limit.isEmpty()) {
      return Optional.empty();
    }
    Optional<Value> found = limit.get().find(exchange.dynamicMetadata());
    if (found.isEmpty() || !found.get().hasStructValue()) {
      return Optional.empty();
    }
    Struct fields = found.get().getStructValue();
    Value requests = fields.getFieldsOrDefault("requests_per_unit", Value.getDefaultInstance());
    Value unit = fields.getFieldsOrDefault("unit", Value.getDefaultInstance());
    if (!requests.hasNumberValue() || !unit.hasStringValue()) {
      return Optional.empty();
    }
    double number = requests.getNumberValue();
    for (RateLimitUnit known : RateLimitUnit.values()) {
      if (known != RateLimitUnit.UNRECOGNIZED && known.name().equals(unit.getStringValue())) {
        return number >= 0 && number <= 0xffff_ffffL
            ? Optional.of(new Descriptor.OtherLimit((long) number, known.getNumber()))
            : Optional.empty();
      }
    }
    return Optional.empty();
  }
}
