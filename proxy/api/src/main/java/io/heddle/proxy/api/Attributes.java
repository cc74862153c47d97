package io.heddle.proxy.api;

import java.util.Optional;

/**
 * What is known of an exchange or a connection, by the names of Envoy's attributes: {@code
 * request.path} is {@code path} of {@code request}. Owned by its event loop, and valid for the call
 * that it is handed to.
 *
 * @see <a
 *     href="https://www.envoyproxy.io/docs/envoy/latest/intro/arch_overview/advanced/attributes">Envoy,
 *     attributes</a>
 */
@FunctionalInterface
public interface Attributes {
  /**
   * An attribute; empty where it is not there, or not there yet.
   *
   * @param root such as {@code request}; {@code filter_state} has objects of filters under its
   *     names
   * @return a boolean, a long, a double, a string, a {@link com.google.protobuf.ByteString}, a
   *     {@link java.time.Instant}, a {@link java.time.Duration}, or a map or a list of these, which
   *     may look for its values when it is asked for them
   */
  Optional<Object> value(String root, String name);
}
