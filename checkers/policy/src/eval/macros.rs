//! The macros: `all`, `exists`, `map`, `filter`, and their forms with two variables.

use std::cmp::Ordering;

use crate::error::{Evaluated, Failure};
use crate::program::{Macro, MacroKind};
use crate::value::{Key, MapValue, Plain, Value};

use super::{Machine, absorb, no_such_overload};

impl<'a> Machine<'_, 'a> {
    pub(super) fn eval_macro(&mut self, macro_: &'a Macro) -> Evaluated<Value<'a>> {
        let range = self.eval(&macro_.range)?;
        match macro_.kind {
            MacroKind::OptMap | MacroKind::OptFlatMap => self.opt_map(macro_, &range),
            MacroKind::All => self.quantified(macro_, &range, false),
            MacroKind::Exists => self.quantified(macro_, &range, true),
            MacroKind::ExistsOne => self.exists_one(macro_, &range),
            MacroKind::Filter | MacroKind::Map => self.filter_map(macro_, &range),
            MacroKind::TransformMap => self.transform_map(macro_, &range),
            MacroKind::TransformMapEntry => self.transform_map_entry(macro_, &range),
            MacroKind::SortBy => self.sort_by(macro_, &range),
        }
    }

    /// Binds the variables of a macro to an element of its range.
    pub(crate) fn bind(&mut self, macro_: &Macro, element: (Value<'a>, Value<'a>)) {
        self.locals.truncate(macro_.slot);
        if macro_.pairs {
            self.locals.push(element.0);
        }
        self.locals.push(element.1);
    }

    /// Forgets the variables of a macro.
    pub(crate) fn unbind(&mut self, macro_: &Macro) {
        self.locals.truncate(macro_.slot);
    }

    /// `all`, decided by the first false element, and `exists`, by the first true one.
    fn quantified(
        &mut self,
        macro_: &'a Macro,
        range: &Value<'a>,
        deciding: bool,
    ) -> Evaluated<Value<'a>> {
        let mut failure = None;
        let mut decided = false;
        for element in elements(macro_, range)? {
            self.charge(1)?;
            self.bind(macro_, element);
            match self.test(macro_) {
                Ok(value) if value == deciding => {
                    decided = true;
                    break;
                }
                Ok(_) => {}
                Err(found) => absorb(&mut failure, found)?,
            }
        }
        self.unbind(macro_);
        match failure {
            Some(failure) if !decided => Err(failure),
            _ => Ok(Value::Bool(deciding == decided)),
        }
    }

    /// Whether the element at hand passes the macro's condition; it does if there is none.
    fn test(&mut self, macro_: &'a Macro) -> Evaluated<bool> {
        macro_.test.as_ref().map_or(Ok(true), |test| self.truth(test))
    }

    fn exists_one(&mut self, macro_: &'a Macro, range: &Value<'a>) -> Evaluated<Value<'a>> {
        let mut found = 0_usize;
        for element in elements(macro_, range)? {
            self.charge(1)?;
            self.bind(macro_, element);
            found += usize::from(self.test(macro_)?);
        }
        self.unbind(macro_);
        Ok(Value::Bool(found == 1))
    }

    fn filter_map(&mut self, macro_: &'a Macro, range: &Value<'a>) -> Evaluated<Value<'a>> {
        let mut kept = Vec::new();
        self.charge(10)?;
        for element in elements(macro_, range)? {
            self.charge(1)?;
            let item = element.1.clone();
            self.bind(macro_, element);
            if self.test(macro_)? {
                kept.push(match &macro_.result {
                    Some(result) => self.eval(result)?,
                    None => item,
                });
            }
        }
        self.unbind(macro_);
        Ok(Value::list(kept))
    }

    fn transform_map(&mut self, macro_: &'a Macro, range: &Value<'a>) -> Evaluated<Value<'a>> {
        let mut map = MapValue::default();
        self.charge(30)?;
        for element in elements(macro_, range)? {
            self.charge(1)?;
            let name = element.0.clone();
            self.bind(macro_, element);
            if self.test(macro_)? {
                let value = self.result(macro_)?;
                let key = Key::of(&name).ok_or_else(no_such_overload)?;
                map.insert(key, name, value);
            }
        }
        self.unbind(macro_);
        Ok(Value::Map(map.into()))
    }

    fn transform_map_entry(
        &mut self,
        macro_: &'a Macro,
        range: &Value<'a>,
    ) -> Evaluated<Value<'a>> {
        let mut map = MapValue::default();
        self.charge(30)?;
        for element in elements(macro_, range)? {
            self.charge(1)?;
            self.bind(macro_, element);
            if !self.test(macro_)? {
                continue;
            }
            let entry = self.result(macro_)?;
            let Plain::Map(entries) = entry.plain() else { return Err(no_such_overload()) };
            for (name, value) in entries.entries() {
                let key = Key::of(&name).ok_or_else(no_such_overload)?;
                let shown = key.to_string();
                if !map.insert(key, name, value) {
                    return Err(Failure::error(format!(
                        "insert failed: key {shown} already exists"
                    )));
                }
            }
        }
        self.unbind(macro_);
        Ok(Value::Map(map.into()))
    }

    fn result(&mut self, macro_: &'a Macro) -> Evaluated<Value<'a>> {
        macro_.result.as_ref().map_or(Ok(Value::Null), |result| self.eval(result))
    }

    fn sort_by(&mut self, macro_: &'a Macro, range: &Value<'a>) -> Evaluated<Value<'a>> {
        let mut keyed = Vec::new();
        for element in elements(macro_, range)? {
            self.charge(1)?;
            let item = element.1.clone();
            self.bind(macro_, element);
            keyed.push((self.result(macro_)?, item));
        }
        self.unbind(macro_);
        if let Some((first, _)) = keyed.first()
            && !keyed
                .iter()
                .all(|(key, _)| key.type_name() == first.type_name() && key.comparable(first))
        {
            return Err(Failure::error("list elements must be comparable and of one type"));
        }
        keyed.sort_by(|(a, _), (b, _)| a.compare(b).unwrap_or(Ordering::Equal));
        Ok(Value::list(keyed.into_iter().map(|(_, item)| item).collect()))
    }

    fn opt_map(&mut self, macro_: &'a Macro, range: &Value<'a>) -> Evaluated<Value<'a>> {
        let Plain::Optional(inner) = range.plain() else { return Err(no_such_overload()) };
        let Some(inner) = inner else { return Ok(Value::Optional(None)) };
        self.bind(macro_, (Value::Null, inner.clone()));
        let result = self.result(macro_);
        self.unbind(macro_);
        let result = result?;
        if macro_.kind == MacroKind::OptMap {
            return Ok(Value::some(result));
        }
        match result.plain() {
            Plain::Optional(_) => Ok(result),
            _ => Err(no_such_overload()),
        }
    }
}

/// The elements of a range, each with its index or key. A map without a second variable is walked
/// by its keys.
pub(crate) fn elements<'a>(
    macro_: &Macro,
    range: &Value<'a>,
) -> Evaluated<Vec<(Value<'a>, Value<'a>)>> {
    match range.plain() {
        Plain::List(items) => {
            Ok(items.iter().enumerate().map(|(index, item)| (Value::size(index), item)).collect())
        }
        Plain::Map(map) if macro_.pairs => Ok(map.entries()),
        Plain::Map(map) => {
            Ok(map.entries().into_iter().map(|(key, _)| (Value::Null, key)).collect())
        }
        _ => Err(no_such_overload()),
    }
}
