package io.heddle.xds.model.parse;

import com.google.protobuf.Struct;
import io.envoyproxy.envoy.config.route.v3.Route;
import io.envoyproxy.envoy.type.v3.FractionalPercent;
import io.heddle.xds.model.Fraction;
import io.heddle.xds.model.HedgePolicy;
import io.heddle.xds.model.HedgePolicy.AfterPercentile;
import io.heddle.xds.model.StructValue;
import java.time.Duration;
import java.util.Optional;

/**
 * Reads when a request is sent to several hosts at once: {@code hedge_policy}, and what Envoy has
 * no field for under {@value #OWN} of a route's metadata, where an Envoy passes it over.
 */
final class HedgePolicyReader {
  /** A namespace of a route's metadata. */
  static final String OWN = "heddle.hedging";

  private static final int MOST_REQUESTS = 8;

  private final Findings findings;

  HedgePolicyReader(Findings findings) {
    this.findings = findings;
  }

  HedgePolicy read(io.envoyproxy.envoy.config.route.v3.HedgePolicy policy, Path path) {
    return new HedgePolicy(
        findings.bounded(
            policy.hasInitialRequests(),
            policy.getInitialRequests().getValue(),
            1,
            1,
            MOST_REQUESTS,
            path.field("initial_requests")),
        policy.hasAdditionalRequestChance()
            ? share(policy.getAdditionalRequestChance(), path.field("additional_request_chance"))
            : HedgePolicy.NONE.additionalChance(),
        policy.getHedgeOnPerTryTimeout(),
        Optional.empty());
  }

  private Fraction share(FractionalPercent percent, Path path) {
    int denominator =
        switch (percent.getDenominator()) {
          case HUNDRED -> 100;
          case TEN_THOUSAND -> 10_000;
          case MILLION -> 1_000_000;
          case UNRECOGNIZED -> {
            findings.error(
                path.field("denominator"),
                Integer.toString(percent.getDenominatorValue()),
                "HUNDRED, TEN_THOUSAND or MILLION");
            yield 100;
          }
        };
    return new Fraction(Integer.toUnsignedLong(percent.getNumerator()), denominator);
  }

  /** What a route says in its metadata: a percentile in percent, times and a number of samples. */
  Optional<AfterPercentile> after(Route route, Path path) {
    if (!route.hasMetadata()) {
      return Optional.empty();
    }
    Struct struct =
        findings.map("filter_metadata", route.getMetadata()::getFilterMetadataMap).get(OWN);
    if (struct == null) {
      return Optional.empty();
    }
    Path here = path.field("metadata").key("filter_metadata", OWN);
    OwnFields fields = new OwnFields(StructValue.of(struct), here, findings);
    double percentile = fields.number("after_percentile", 95, 50, 99.99);
    Duration least = fields.time("min_delay", Duration.ofMillis(1));
    Duration most = fields.time("max_delay", Duration.ofSeconds(10));
    int samples = fields.whole("min_samples", 100, 10, 100_000);
    fields.end();
    if (most.compareTo(least) < 0) {
      findings.error(here.field("max_delay"), most.toMillis() + " ms", "at least min_delay");
    }
    return Optional.of(new AfterPercentile(percentile / 100, least, most, samples));
  }
}
