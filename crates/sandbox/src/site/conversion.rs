//! Converted bodies, kept until they are fetched.

use super::Site;

#[derive(Clone, Debug)]
pub(crate) struct Conversion {
    pub representation: String,
    pub value: String,
    asked: u32,
}

impl Conversion {
    /// Not the first time that it is asked for.
    pub(crate) fn is_done(&self) -> bool {
        self.asked > 1
    }
}

impl Site {
    pub(crate) fn keep_conversion(&mut self, representation: &str, value: &str) -> u64 {
        let id = self.next_property;
        self.next_property += 1;
        let (representation, value) = (representation.to_owned(), value.to_owned());
        self.conversions.insert(id, Conversion { representation, value, asked: 0 });
        id
    }

    pub(crate) fn ask_for_conversion(&mut self, id: u64) -> Option<&Conversion> {
        let conversion = self.conversions.get_mut(&id)?;
        conversion.asked += 1;
        Some(conversion)
    }
}
