package io.heddle.demo;

import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** A service of the sample shop and whom it calls, in order. */
public enum ShopService {
  WEB(List.of("orders", "catalog")),
  ORDERS(List.of("stock", "payments")),
  STOCK(List.of()),
  PAYMENTS(List.of()),
  CATALOG(List.of());

  // Made by List.of above, so as immutable as the checker wishes.
  @SuppressWarnings("ImmutableEnumChecker")
  private final List<String> callees;

  ShopService(List<String> callees) {
    this.callees = callees;
  }

  /** The service of that name, such as {@code orders}. */
  public static Optional<ShopService> ofName(String name) {
    for (ShopService service : values()) {
      if (service.serviceName().equals(name)) {
        return Optional.of(service);
      }
    }
    return Optional.empty();
  }

  public String serviceName() {
    return name().toLowerCase(Locale.ROOT);
  }

  public List<String> callees() {
    return callees;
  }
}
