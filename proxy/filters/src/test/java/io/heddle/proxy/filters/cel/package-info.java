@NullMarked
package io.heddle.proxy.filters.cel;

import org.jspecify.annotations.NullMarked;
