package io.heddle.xds.model;

import java.util.Arrays;

/**
 * A range of IP addresses.
 *
 * @param address 4 or 16 bytes in network order, its host bits zero
 * @param prefixLength 0 to 32 or 128
 */
@SuppressWarnings("ArrayRecordComponent") // Copied in and out; equality is by content.
public record CidrRange(byte[] address, int prefixLength) {
  public CidrRange {
    if (address.length != 4 && address.length != 16) {
      throw new IllegalArgumentException(address.length + " address bytes, expected 4 or 16");
    }
    if (prefixLength < 0 || prefixLength > address.length * 8) {
      throw new IllegalArgumentException(
          "prefix length " + prefixLength + ", expected 0 to " + address.length * 8);
    }
    address = address.clone();
    for (int bit = prefixLength; bit < address.length * 8; bit++) {
      address[bit >> 3] &= (byte) ~(0x80 >> (bit & 7));
    }
  }

  @Override
  public byte[] address() {
    return address.clone();
  }

  /** Whether the range holds this address, given as 4 or 16 bytes in network order. */
  public boolean contains(byte[] candidate) {
    if (candidate.length != address.length) {
      return false;
    }
    int whole = prefixLength >> 3;
    for (int i = 0; i < whole; i++) {
      if (candidate[i] != address[i]) {
        return false;
      }
    }
    int rest = prefixLength & 7;
    return rest == 0 || (candidate[whole] & (0xff00 >> rest) & 0xff) == (address[whole] & 0xff);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof CidrRange range
        && range.prefixLength == prefixLength
        && Arrays.equals(range.address, address);
  }

  @Override
  public int hashCode() {
    return 31 * Arrays.hashCode(address) + prefixLength;
  }

  @Override
  public String toString() {
    StringBuilder out = new StringBuilder();
    for (byte b : address) {
      out.append(out.isEmpty() ? "" : ".").append(b & 0xff);
    }
    return out.append('/').append(prefixLength).toString();
  }
}
