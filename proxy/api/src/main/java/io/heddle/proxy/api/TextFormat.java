package io.heddle.proxy.api;

/**
 * A text with Envoy's command operators, compiled by {@link FilterFactoryContext#textFormat} or
 * {@link FilterFactoryContext#jsonFormat}. Immutable; safe on every thread.
 *
 * @see <a
 *     href="https://www.envoyproxy.io/docs/envoy/latest/configuration/observability/access_log/usage">Envoy,
 *     command operators</a>
 */
@FunctionalInterface
public interface TextFormat {
  /** The text for an exchange as it is now; on its event loop. */
  String format(HttpFilterContext exchange);
}
