package io.heddle.proxy.engine.matched;

import io.heddle.proxy.api.HttpFilterConfig;
import io.heddle.proxy.api.HttpFilterContext;
import io.heddle.proxy.api.RuntimeView;
import io.heddle.proxy.engine.exchange.ExchangeFormats;
import io.heddle.proxy.engine.matcher.CompiledTree;
import io.heddle.proxy.engine.matcher.RequestMatchSubject;
import io.heddle.xds.model.FilterAction;
import io.heddle.xds.model.Fraction;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What is to become of a filter, compiled. Immutable.
 *
 * @param choices what a composite filter may be
 */
record Decision(CompiledTree<FilterAction> tree, List<Choice> choices, RuntimeView runtime) {
  Decision {
    choices = List.copyOf(choices);
  }

  /** A filter, and the share of the requests that it is for. */
  record Choice(HttpFilterConfig filter, Fraction share, String runtimeKey) {}

  /** What is decided of an exchange; null for nothing. */
  @Nullable FilterAction of(HttpFilterContext exchange) {
    return tree.decide(
        new RequestMatchSubject(exchange.requestHeaders(), ExchangeFormats.subject(exchange)));
  }

  /** The filter of this number; null where the exchange is not among those that have it. */
  @Nullable HttpFilterConfig chosen(int index, HttpFilterContext exchange) {
    Choice choice = choices.get(index);
    return runtime.includes(
            choice.runtimeKey(),
            choice.share().numerator(),
            choice.share().denominator(),
            exchange.random().nextLong())
        ? choice.filter()
        : null;
  }

  void close() {
    choices.forEach(choice -> choice.filter().close());
  }
}
