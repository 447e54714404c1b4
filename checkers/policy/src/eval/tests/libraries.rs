//! The functions that expressions may call.

use super::check;

#[test]
fn conversions() {
    check(&[
        ("int('42') + int(3.9) + int(2u)", "47"),
        ("int(-3.9)", "-3"),
        ("int('x')", "error: type conversion error: no int"),
        ("int(1e19)", "error: type conversion error: no int"),
        ("uint(3)", "3u"),
        ("uint(-1)", "error: type conversion error: no uint"),
        ("double('1.5')", "1.5"),
        ("double(2)", "2.0"),
        ("string(1.0)", "'1'"),
        ("string(1e30)", "'1e+30'"),
        ("string(1234567.0)", "'1.234567e+06'"),
        ("string(123456.5)", "'123456.5'"),
        ("string(0.00001)", "'1e-05'"),
        ("string(true)", "'true'"),
        ("string(b'abc')", "'abc'"),
        ("string(b'\\xff')", "error: invalid UTF-8 in bytes, cannot convert to string"),
        ("bytes('é')", "b[195, 169]"),
        ("bool('true')", "true"),
        ("bool('yes')", "error: type conversion error: no bool"),
        ("dyn(1) == 1", "true"),
        ("string(object.spec.replicas)", "'3'"),
    ]);
}

#[test]
fn times() {
    check(&[
        ("duration('1h30m')", "5400s"),
        ("duration('-1.5s')", "-1.5s"),
        ("duration('100ms') + duration('900ms') == duration('1s')", "true"),
        ("duration('1h').getMinutes()", "60"),
        ("duration('1234ms').getMilliseconds()", "1234"),
        ("duration('1x')", "wrong: `1x` is no duration"),
        ("timestamp('2026-02-28T23:59:59Z') + duration('1s')", "2026-03-01T00:00:00Z"),
        ("timestamp('2024-02-29T12:00:00.25+01:00')", "2024-02-29T11:00:00.25Z"),
        ("timestamp('2026-02-29T00:00:00Z')", "wrong: `2026-02-29T00:00:00Z` is no timestamp"),
        ("timestamp('2026-11-22T04:05:06Z').getFullYear()", "2026"),
        ("timestamp('2026-11-22T04:05:06Z').getMonth()", "10"),
        ("timestamp('2026-11-22T04:05:06Z').getDate()", "22"),
        ("timestamp('2026-11-22T04:05:06Z').getDayOfMonth()", "21"),
        ("timestamp('2026-11-22T04:05:06Z').getDayOfWeek()", "0"),
        ("timestamp('2026-11-22T04:05:06Z').getDayOfYear()", "325"),
        ("timestamp('2026-11-22T04:05:06Z').getHours('-05:00')", "23"),
        (
            "timestamp('2026-11-22T04:05:06Z').getHours('America/New_York')",
            "undecided: the offset of a named time zone is not known here",
        ),
        ("timestamp(0) < timestamp('2026-11-22T04:05:06Z')", "true"),
        ("int(timestamp('1970-01-02T00:00:00Z'))", "86400"),
        ("timestamp('2026-01-01T00:00:00Z') - timestamp('2025-12-31T23:00:00Z')", "3600s"),
        ("timestamp('9999-12-31T23:59:59Z') + duration('1s')", "error: timestamp overflow"),
    ]);
}

#[test]
fn strings() {
    check(&[
        ("'äbc'.size()", "3"),
        ("size([1, 2])", "2"),
        ("object.metadata.labels.size()", "2"),
        ("'abc'.contains('b') && 'abc'.startsWith('a') && 'abc'.endsWith('c')", "true"),
        ("'aÄbc'.charAt(1)", "'Ä'"),
        ("'abc'.charAt(3)", "''"),
        ("'abc'.charAt(4)", "error: index out of range: 4"),
        ("'hello mellow'.indexOf('ello')", "1"),
        ("'hello mellow'.indexOf('ello', 2)", "7"),
        ("'hello mellow'.indexOf('jello')", "-1"),
        ("'hello'.indexOf('l', 99)", "-1"),
        ("'hello'.indexOf('l', -1)", "error: index out of range: -1"),
        ("'hello'.lastIndexOf('l', 99)", "-1"),
        ("'hello mellow'.lastIndexOf('ello')", "7"),
        ("'hello mellow'.lastIndexOf('ello', 6)", "1"),
        ("'hello mellow'.lastIndexOf('ello', -1)", "error: index out of range: -1"),
        ("['a', 'b'].join()", "'ab'"),
        ("['a', 'b'].join('-')", "'a-b'"),
        ("['a', 1].join('-')", "error: no such overload"),
        ("'TacoCÆt'.lowerAscii()", "'tacocÆt'"),
        ("'tacoCÆt'.upperAscii()", "'TACOCÆT'"),
        ("'a a'.replace('a', 'b')", "'b b'"),
        ("'a a'.replace('a', 'b', 1)", "'b a'"),
        ("'a,b,c'.split(',')", "['a', 'b', 'c']"),
        ("'a,b,c'.split(',', 2)", "['a', 'b,c']"),
        ("'abc'.split('')", "['a', 'b', 'c']"),
        ("'abc'.split(',', 0)", "[]"),
        ("'tacocat'.substring(4)", "'cat'"),
        ("'tacocat'.substring(0, 4)", "'taco'"),
        ("'tacocat'.substring(4, 2)", "error: invalid substring range. start: 4, end: 2"),
        ("'  a b '.trim()", "'a b'"),
        (r#"strings.quote('a"b\n')"#, r#"'"a\"b\n"'"#),
        ("'%s has %d of %.1f%%'.format(['x', 3, 2.25])", "'x has 3 of 2.2%'"),
        ("'%s'.format([[1, 'a', {'k': null}]])", "'[1, a, {k: null}]'"),
        ("'%b %o %x %X'.format([5, 8, 255, 'hi'])", "'101 10 ff 6869'"),
        ("'%e'.format([1234.5])", "'1.234500e+03'"),
        ("'%f'.format([1])", "error: could not format `int` as a fixed-point number"),
        ("'%d'.format(['x'])", "error: could not format `string` as a decimal integer"),
        ("'%s'.format([])", "error: index out of range in format"),
        ("'%y'.format([1])", "error: unrecognized formatting clause `y`"),
        ("'abc'.reverse()", "error: no such overload"),
    ]);
}

#[test]
fn patterns() {
    check(&[
        ("'abc 123'.matches('[0-9]+')", "true"),
        ("matches('abc', '^[0-9]+$')", "false"),
        ("'abc 123'.find('[0-9]+')", "'123'"),
        ("'abc'.find('[0-9]+')", "''"),
        ("'123 abc 456'.findAll('[0-9]+')", "['123', '456']"),
        ("'123 abc 456'.findAll('[0-9]+', 1)", "['123']"),
        ("'a'.matches('(')", "wrong: `(` is no regular expression"),
        ("'a'.matches('(' + '')", "error: `(` is no regular expression"),
    ]);
}

#[test]
fn lists_and_sets() {
    check(&[
        ("[1, 2, 2].isSorted()", "true"),
        ("['b', 'a'].isSorted()", "false"),
        ("[1, 3].sum()", "4"),
        ("[duration('1m'), duration('1s')].sum()", "61s"),
        ("[].sum()", "0"),
        ("['a'].sum()", "error: no such overload"),
        ("[3, 1, 2].min()", "1"),
        ("[3, 1, 2].max()", "3"),
        ("[].min()", "error: min called on empty list"),
        ("[1, 2, 2, 3].indexOf(2)", "1"),
        ("['a', 'b', 'b'].lastIndexOf('b')", "2"),
        ("[1].indexOf(7)", "-1"),
        ("[1, 2].includes(2)", "true"),
        ("'model-a'.includes('model-a')", "true"),
        ("[1, 2, 3, 4].slice(1, 3)", "[2, 3]"),
        ("[1].slice(0, 2)", "error: cannot slice(0, 2), list is length 1"),
        ("[1, [2, [3]]].flatten()", "[1, 2, [3]]"),
        ("[1, [2, [3]]].flatten(2)", "[1, 2, 3]"),
        ("[3, 1, 2].sort()", "[1, 2, 3]"),
        ("[1, 'a'].sort()", "error: list elements must be comparable and of one type"),
        ("[1, 2, 1.0].distinct()", "[1, 2]"),
        ("[1, 2].reverse()", "[2, 1]"),
        ("lists.range(3)", "[0, 1, 2]"),
        ("[1, 2].first().value() + [1, 2].last().value()", "3"),
        ("[].first()", "none"),
        ("sets.contains([1, 2], [2.0])", "true"),
        ("sets.equivalent([1, 1, 2], [2u, 1])", "true"),
        ("sets.intersects([1], [])", "false"),
    ]);
}

#[test]
fn kubernetes_types() {
    check(&[
        ("quantity('1.5Gi').isGreaterThan(quantity('1536Mi'))", "false"),
        ("quantity('1.5Gi') == quantity('1536Mi')", "true"),
        ("quantity('50k').asInteger()", "50000"),
        ("quantity('1').add(quantity('2')).sub(1).asInteger()", "2"),
        ("quantity('-1').sign()", "-1"),
        ("quantity('100m').compareTo(quantity('0.1'))", "0"),
        ("quantity('1k').asApproximateFloat()", "1000.0"),
        ("isQuantity('1Xi')", "false"),
        ("quantity('x')", "error: `x` is no quantity"),
        ("isURL('https://example.com/x')", "true"),
        ("isURL('example.com')", "false"),
        ("isURL('/path')", "true"),
        ("url('https://u@Example.com:8080/a b?k=1&k=2&z=%20').getHost()", "'Example.com:8080'"),
        ("url('https://[::1]:8080/').getHostname()", "'::1'"),
        ("url('https://example.com:80/').getPort()", "'80'"),
        ("url('https://example.com/a b').getEscapedPath()", "'/a%20b'"),
        ("url('https://e.com/?k=1&k=2&z=%20').getQuery()", "{'k': ['1', '2'], 'z': [' ']}"),
        ("ip('192.168.0.1').family()", "4"),
        ("ip('::1').isLoopback()", "true"),
        ("ip.isCanonical('2001:DB8::1')", "false"),
        ("isIP('::ffff:1.2.3.4')", "false"),
        ("string(ip('2001:DB8::1'))", "'2001:db8::1'"),
        ("cidr('192.168.0.0/24').containsIP('192.168.0.7')", "true"),
        ("cidr('192.168.0.0/24').containsCIDR(cidr('192.168.0.0/25'))", "true"),
        ("cidr('192.168.0.7/24').masked() == cidr('192.168.0.0/24')", "true"),
        ("cidr('192.168.0.0/24').prefixLength()", "24"),
        ("cidr('192.168.0.7/24').ip() == ip('192.168.0.7')", "true"),
        ("isCIDR('192.168.0.0/33')", "false"),
        ("semver('1.2.3').isLessThan(semver('1.10.0'))", "true"),
        ("semver('v1.2', true).minor()", "2"),
        ("isSemver('v1.2.3')", "false"),
        ("semver('1.0.0+a') == semver('1.0.0+b')", "true"),
        ("format.dns1123Label().validate('my-label').hasValue()", "false"),
        ("format.dns1123Label().validate('My_label').hasValue()", "true"),
        (
            "format.named('uuid').value().validate('x').value()",
            "['does not match the UUID format']",
        ),
        ("format.named('nope')", "none"),
        ("format.qualifiedName().validate('example.com/x').hasValue()", "false"),
        ("format.dns1123LabelPrefix().validate('abc-').hasValue()", "false"),
    ]);
}
