extension StringProtocol {
    /// Whether both texts are the same bytes of UTF-8.
    ///
    /// `==` of Swift strings takes canonically equivalent texts for equal (Unicode, UAX #15): U+212A KELVIN SIGN equals
    /// `K`. Where equality decides whether something is believed, this is the comparison.
    package func isExactly(_ other: some StringProtocol) -> Bool { utf8.elementsEqual(other.utf8) }

    /// Whether the bytes of this text begin with the bytes of `prefix`, whatever combining mark follows them.
    package func beginsExactly(with prefix: some StringProtocol) -> Bool { utf8.starts(with: prefix.utf8) }
}
