//! Loading: reads the templates, and tries every one of them with every sample before anybody waits for a card.

use std::path::Path;
use std::sync::{Arc, Mutex};

use super::context::{CardContext, Wanted};
use super::facts::Facts;
use super::files::{self, Sources};
use super::links::LinkPolicy;
use super::marks::Subjects;
use super::mistake::{Mistake, TemplateMistakes};
use super::parts;
use super::samples;
use super::set::Set;
use super::tree::Tree;
use super::{LONGEST_TITLE, Renderer, Settings, units};
use crate::domain::identity::normal_name;
use crate::domain::platform::Platform;

impl Renderer {
    /// The compiled-in templates, with files of `folder` replacing those of the same name.
    ///
    /// # Errors
    ///
    /// All mistakes at once: files that cannot be read or have no meaning, syntax, unknown names, Markdown that no message can mean.
    /// Where a file of the folder replaces anything, every template is rendered with every sample to find them; the compiled-in ones alone
    /// need not be tried again at each start, since the tests do that.
    pub fn load(folder: Option<&Path>, settings: Settings) -> Result<Self, TemplateMistakes> {
        let highlight = settings.highlight.iter().filter_map(|question| normal_name(question)).collect();
        let (own, mut found) = folder.map(files::of_folder).unwrap_or_default();
        let links = LinkPolicy::new(&settings.link_hosts, &settings.public_url);
        let built_in = Arc::new(Set::read(&Sources::new()).map_err(TemplateMistakes::of)?);
        let set = match Set::read(&own) {
            _ if own.is_empty() => Arc::clone(&built_in),
            Ok(set) => Arc::new(set),
            Err(more) => return Err(TemplateMistakes::of([found, more].concat())),
        };
        let renderer = Self { settings, highlight, links, set, built_in, failed: Mutex::default() };
        if !own.is_empty() {
            found.extend(renderer.try_samples());
        }
        if found.is_empty() { Ok(renderer) } else { Err(TemplateMistakes::of(found)) }
    }

    /// What is wrong with the templates when every sample is shown by every one of them.
    pub(super) fn try_samples(&self) -> Vec<Mistake> {
        let samples = samples::samples();
        let mut found = Vec::new();
        for platform in Platform::ALL {
            found.extend(self.try_help(platform));
            for (sample, follow_up) in &samples {
                let facts = Facts::new(follow_up, self.around(&self.set, platform, samples::now()), Wanted::ALL);
                let mistakes = TEMPLATES.iter().flat_map(|(template, summary)| self.try_one(template, summary, platform, &facts));
                found.extend(mistakes.map(|mistake| Mistake { sample: Some(sample), ..mistake }));
            }
        }
        found
    }

    fn try_one(&self, template: &str, summary: &str, platform: Platform, facts: &Facts<'_>) -> Vec<Mistake> {
        let (message, denied) = match self.try_with(&self.set, template, summary, platform, facts) {
            Ok(made) => made,
            Err(mistakes) => return mistakes,
        };
        let name = self.set.name_on(template, platform);
        let wrong = |what: String| Mistake::new(&name, None, what);
        let title = units(&parts::words(&message.title));
        let no_title = title == 0 && template.starts_with("card/");
        let long_title = title > LONGEST_TITLE;
        let denied = denied.into_iter().map(|url| {
            wrong(format!(
                "\"{url}\" cannot be a link: only https addresses of iclosed.io, of `[card] link_hosts` and of `public_url` can, and only \
                 without blanks, brackets and quotation marks"
            ))
        });
        let title = [
            no_title.then(|| wrong("a card needs a title: `# …` in its first line".to_owned())),
            long_title.then(|| wrong(format!("the title has {title} letters, and {LONGEST_TITLE} is the most that Slack takes"))),
        ];
        let empty = message.body.is_empty().then(|| wrong("nothing is left of it below the title".to_owned()));
        denied.chain(title.into_iter().flatten()).chain(empty).collect()
    }

    fn try_help(&self, platform: Platform) -> Vec<Mistake> {
        self.help_of(&self.set, platform).err().unwrap_or_default()
    }

    /// The help is about no follow-up, so that it has no values.
    pub(super) fn help_of(&self, set: &Set, platform: Platform) -> Result<Tree, Vec<Mistake>> {
        let nothing = CardContext::default().filling(HELP, Wanted::ALL).map_err(|mistake| vec![mistake])?;
        Ok(set.fill(HELP, platform, &nothing, &self.links)?.show(&Subjects::default()))
    }
}

/// The template of the help, which is about no follow-up.
pub(super) const HELP: &str = "answer/help.md";

/// Every template that shows a follow-up, with the entry of `words.toml` that sums it up.
pub(super) const TEMPLATES: [(&str, &str); 9] = [
    ("card/invitee.md", "summary.invitee"),
    ("card/host.md", "summary.host"),
    ("card/unknown.md", "summary.unknown"),
    ("answer/details.md", "summary.details"),
    ("answer/entry.md", "summary.details"),
    ("answer/lead.md", "summary.reschedule"),
    ("answer/reschedule_invitee.md", "summary.reschedule"),
    ("answer/reschedule_host.md", "summary.reschedule"),
    ("answer/reschedule_unknown.md", "summary.reschedule"),
];
